namespace BitcoinSock.Unit;

/// <summary>An awaitable double whose waits end at once.</summary>
internal abstract class AlwaysReadyAsync : AlwaysReady, ISockAsync
{
    public abstract SockResult Send(ReadOnlySpan<byte> data, SockFlags flags);

    public abstract SockResult Recv(Span<byte> buffer, SockFlags flags);

    public ValueTask<SockResult> SendAsync(
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt
    ) => new(SockResult.Ok(0));

    public ValueTask<SockResult> WaitRecvAsync(TimeSpan timeout, CancellationToken interrupt) =>
        new(SockResult.Ok(1));
}
