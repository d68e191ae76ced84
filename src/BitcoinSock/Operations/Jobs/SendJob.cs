using System.Buffers;

namespace BitcoinSock;

/// <summary>What is sent: two parts, one behind the other.</summary>
internal readonly ref struct Parts(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
{
    public readonly ReadOnlySpan<byte> First = first;
    public readonly ReadOnlySpan<byte> Second = second;
}

/// <summary>Sends both parts.</summary>
/// <param name="sock">Where to.</param>
/// <param name="total">The length of both.</param>
internal struct SendJob(ISockSend sock, int total) : IJob<Parts>
{
    private int _sent;

    public readonly SockEvents Awaited => SockEvents.Send;

    public readonly bool IsDone => _sent == total;

    public readonly int Count => _sent;

    public SockOutcome Step(Parts parts)
    {
        int first = parts.First.Length;
        SockOutcome step = Give(
            sock,
            parts.First[Math.Min(_sent, first)..],
            parts.Second[Math.Max(_sent - first, 0)..]
        );
        _sent += step.Count;
        return step;
    }

    /// <summary>
    /// One send, of both parts if that can be. Ok: so many bytes, possibly none, were taken.
    /// </summary>
    public static SockOutcome Give(
        ISockSend sock,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second
    )
    {
        const SockFlags Flags = SockFlags.NoSignal | SockFlags.DontWait;
        (int asked, SockResult taken) =
            first.IsEmpty ? (second.Length, sock.Send(second, Flags))
            : !second.IsEmpty && sock is ISockSendVectored vectored
                ? (first.Length + second.Length, vectored.Send(first, second, Flags))
            : (first.Length, sock.Send(first, Flags));
        return taken.IsError ? SockOutcome.RetryOrFail(taken.Error)
            : taken.Count > asked ? SockOutcome.End(SockStatus.Inconsistent)
            : SockOutcome.Ok(taken.Count);
    }
}

/// <summary>Sends all parts, two at a time.</summary>
/// <param name="sock">Where to.</param>
/// <param name="total">The length of all.</param>
internal struct SendSequenceJob(ISockSend sock, int total) : IJob<ReadOnlySequence<byte>>
{
    private int _sent;
    private SequencePosition _next; // by itself the beginning

    public readonly SockEvents Awaited => SockEvents.Send;

    public readonly bool IsDone => _sent == total;

    public readonly int Count => _sent;

    public SockOutcome Step(ReadOnlySequence<byte> data)
    {
        ReadOnlySequence<byte> rest = data.Slice(_next);
        SequencePosition at = rest.Start;
        SockOutcome step = SendJob.Give(sock, Part(rest, ref at), Part(rest, ref at));
        _sent += step.Count;
        _next = rest.GetPosition(step.Count);
        return step;
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySequence<byte> rest, ref SequencePosition at)
    {
        ReadOnlyMemory<byte> part;
        while (rest.TryGet(ref at, out part) && part.IsEmpty) { }
        return part.Span;
    }
}
