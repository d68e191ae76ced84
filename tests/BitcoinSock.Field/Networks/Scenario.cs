using System.Diagnostics;
using System.Net.Sockets;

namespace BitcoinSock.Field.Networks;

/// <summary>What happened is not what should have.</summary>
internal sealed class WrongException(string message) : Exception(message);

/// <summary>One story on a link: it returns what is worth telling or throws.</summary>
internal sealed record Scenario(string Name, Func<Link, string> Run)
{
    public const int Large = 32 * 1024 * 1024;
    public const int Small = 64 * 1024;
    public const int Piece = 64 * 1024;

    private const int SolSocket = 1;
    private const int SoLinger = 13;

    /// <summary>For what must happen.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>After so long without a byte the far end takes it that no more will come.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(4);

    public static readonly int Reset = SockResult.Fail(SocketError.ConnectionReset).Error;
    public static readonly int TimedOut = SockResult.Fail(SocketError.TimedOut).Error;
    public static readonly int Refused = SockResult.Fail(SocketError.ConnectionRefused).Error;
    public static readonly int Pipe = SockResult.Fail(SocketError.Shutdown).Error;

    public static Task<(SockOutcome Outcome, TimeSpan Took)> Background(Func<SockOutcome> job) =>
        Task.Factory.StartNew(
            () =>
            {
                long start = Stopwatch.GetTimestamp();
                SockOutcome outcome = job();
                return (outcome, Stopwatch.GetElapsedTime(start));
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );

    /// <summary>From now on closing it discards what is left and resets the connection.</summary>
    public static void ResetOnClose(Sock sock) =>
        sock.SetSockOpt(SolSocket, SoLinger, [1, 0, 0, 0, 0, 0, 0, 0]).ThrowIfError("setsockopt");

    /// <summary>Returns when there has been no room for a while.</summary>
    public static void UntilFull(Sock sock)
    {
        for (int full = 0; full < 10; Thread.Sleep(10))
        {
            full = sock.Wait(TimeSpan.Zero, SockEvents.Send, out _).Count == 0 ? full + 1 : 0;
        }
    }

    public static void Require(bool right, string otherwise)
    {
        if (!right)
        {
            throw new WrongException(otherwise);
        }
    }

    public static void RequireEnd(SockOutcome outcome, SockStatus status, int error = 0) =>
        Require(
            outcome.Status == status && outcome.Error == error,
            $"{outcome} where {status} {error} was due"
        );

    /// <summary>The peer has exactly the first bytes of what was sent.</summary>
    public static void RequirePrefix(Received got, byte[] payload, int length)
    {
        Require(got.Count == length, $"the peer has {got.Count} bytes, not {length}");
        string digest = Payload.Digest(payload.AsSpan(0, length));
        Require(got.Digest == digest, $"the peer's {length} bytes are others");
    }
}
