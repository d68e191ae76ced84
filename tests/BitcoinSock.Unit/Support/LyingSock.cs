using System.Net;
using System.Net.Sockets;

namespace BitcoinSock.Unit;

/// <summary>
/// Its waits say at once that all is there, and nothing ever is: whoever believes that is in a
/// pause of 16 ms nearly all the time.
/// </summary>
internal sealed class LyingSock
    : ISockAsync,
        ISockConnect,
        ISockGetSockOpt,
        ISockAcceptAsync<LyingSock>
{
    private static readonly SockResult Nothing = SockResult.Fail(NetworkError.WouldBlock);
    private int _waits;

    /// <summary>Whether pauses are as long as they get.</summary>
    public bool IsPausedFor => Volatile.Read(ref _waits) > 8;

    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags) => Nothing;

    public SockResult Recv(Span<byte> buffer, SockFlags flags) => Nothing;

    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    )
    {
        occurred = requested;
        Interlocked.Increment(ref _waits);
        return SockResult.Ok(1);
    }

    public ValueTask<SockResult> WaitAsync(
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt = default
    )
    {
        Interlocked.Increment(ref _waits);
        return new(Nothing);
    }

    public SockResult Accept(out LyingSock accepted, out EndPoint? peer)
    {
        (accepted, peer) = (this, null);
        return Nothing;
    }

    public SockResult SetNonBlocking() => SockResult.Ok(0);

    public SockResult Connect(EndPoint endPoint) => SockResult.Fail(SocketError.AlreadyInProgress);

    public SockResult GetSockOpt(SocketOptionLevel level, SocketOptionName name, out int value)
    {
        value = 0;
        return SockResult.Ok(0);
    }
}
