namespace BitcoinSock.Unit;

/// <summary>A stream whose reads, of one byte, and writes end when the test says so.</summary>
internal sealed class GatedStream : MemoryStream
{
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly SemaphoreSlim _taken = new(0);

    /// <summary>Whether it heeds a token only where a read begins and where it ends.</summary>
    public bool IsSlowToCancel { get; init; }

    public bool IgnoresTokens { get; init; }

    public int Reads { get; private set; }

    public int Flushes { get; private set; }

    public int Cancelled { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Ends a read.</summary>
    public void Arrive() => _arrived.Release();

    /// <summary>Ends a write.</summary>
    public void Take() => _taken.Release();

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer,
        CancellationToken cancellationToken = default
    )
    {
        Reads++;
        CancellationToken heeded = IgnoresTokens ? default : cancellationToken;
        try
        {
            heeded.ThrowIfCancellationRequested();
            await _arrived.WaitAsync(IsSlowToCancel ? default : heeded);
            heeded.ThrowIfCancellationRequested();
            return 1;
        }
        catch (OperationCanceledException)
        {
            Cancelled++;
            throw;
        }
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default
    ) => await _taken.WaitAsync(CancellationToken.None);

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        Flushes++;
        return Task.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
