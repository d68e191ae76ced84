namespace BitcoinSock.Unit;

/// <summary>A <see cref="ScriptedSock"/> that can be awaited.</summary>
internal sealed class ScriptedAsync(ScriptedSock sock) : ISockAsync
{
    /// <summary>Whether awaiting takes time, and so goes on in another thread.</summary>
    public bool TakesTime { get; init; }

    TimeProvider ISockWait.Clock => sock.Clock;

    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags) => sock.Send(data, flags);

    public SockResult Recv(Span<byte> buffer, SockFlags flags) => sock.Recv(buffer, flags);

    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    ) => throw new InvalidOperationException("what can be awaited is not waited for");

    public async ValueTask<SockResult> WaitAsync(
        TimeSpan timeout,
        SockEvents requested,
        CancellationToken interrupt = default
    )
    {
        if (TakesTime)
        {
            await Task.Delay(1, CancellationToken.None).ConfigureAwait(false);
        }

        return sock.Wait(timeout, requested, out _, interrupt);
    }
}
