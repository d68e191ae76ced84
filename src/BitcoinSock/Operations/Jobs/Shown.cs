using System.Buffers;
using System.Runtime.CompilerServices;

namespace BitcoinSock;

/// <summary>What a peek has shown.</summary>
internal static class Shown
{
    /// <summary>So many are taken into memory of the stack.</summary>
    public const int Few = 2048;

    /// <summary>One recv of exactly what was shown.</summary>
    /// <param name="sock">Where from.</param>
    /// <param name="shown">The bytes; those that came instead, if they differ.</param>
    /// <returns>
    /// Ok: so many, possibly none, are consumed. Inconsistent: other bytes came, so many, which may
    /// be none.
    /// </returns>
    [SkipLocalsInit]
    public static SockOutcome Take(ISockRecv sock, Span<byte> shown)
    {
        Span<byte> few = stackalloc byte[Few];
        if (shown.Length <= few.Length)
        {
            return Take(sock, shown, few[..shown.Length]);
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(shown.Length);
        Span<byte> many = rented.AsSpan(0, shown.Length);
        try
        {
            return Take(sock, shown, many);
        }
        finally
        {
            many.Clear(); // lines and frames hold keys
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static SockOutcome Take(ISockRecv sock, Span<byte> shown, Span<byte> taken)
    {
        SockResult take = sock.Recv(taken, SockFlags.DontWait);
        if (take.IsError)
        {
            return SockOutcome.RetryOrFail(take.Error);
        }

        // Bytes that were there a moment ago are gone or changed: somebody else reads this
        // descriptor.
        if (take.Count == 0 || take.Count > taken.Length)
        {
            return SockOutcome.End(SockStatus.Inconsistent);
        }

        taken = taken[..take.Count];
        if (!taken.SequenceEqual(shown[..take.Count]))
        {
            taken.CopyTo(shown);
            return SockOutcome.End(SockStatus.Inconsistent, take.Count);
        }

        return SockOutcome.Ok(take.Count);
    }
}
