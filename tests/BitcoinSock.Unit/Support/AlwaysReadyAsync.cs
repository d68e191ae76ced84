namespace BitcoinSock.Unit;

/// <summary>An awaitable double whose waits end at once.</summary>
internal abstract class AlwaysReadyAsync : AlwaysReady, ISockAsync
{
    public abstract SockResult Send(ReadOnlySpan<byte> data, SockFlags flags);

    public abstract SockResult Recv(Span<byte> buffer, SockFlags flags);

    public ValueTask<SockResult> WaitAsync(
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt = default
    ) => new(SockResult.Ok(1));
}
