namespace BitcoinSock.Unit;

/// <summary>A double's waits: whatever is asked for is there, at once.</summary>
internal abstract class AlwaysReady : ISockWait
{
    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    )
    {
        occurred = requested;
        return SockResult.Ok(1);
    }
}
