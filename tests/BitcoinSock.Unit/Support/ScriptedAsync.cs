namespace BitcoinSock.Unit;

/// <summary>
/// A <see cref="ScriptedSock"/> that can be awaited: to send awaited is to wait, then to send.
/// </summary>
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

    public async ValueTask<SockResult> SendAsync(
        ReadOnlyMemory<byte> data,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        SockResult ready = await WaitRecvAsync(timeout, interrupt).ConfigureAwait(false);
        return ready.Count > 0 ? sock.Send(data.Span, SockFlags.None) : ready;
    }

    public async ValueTask<SockResult> WaitRecvAsync(TimeSpan timeout, CancellationToken interrupt)
    {
        if (TakesTime)
        {
            await Task.Delay(1, CancellationToken.None).ConfigureAwait(false);
        }

        return sock.Wait(timeout, SockEvents.Recv, out _, interrupt);
    }
}
