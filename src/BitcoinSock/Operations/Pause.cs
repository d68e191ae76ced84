namespace BitcoinSock;

/// <summary>A backend that tells when it is let go, also who does not wait on it.</summary>
internal interface ISockGone
{
    /// <summary>Fires when the sock lets go of what it has now.</summary>
    CancellationToken Gone { get; }
}

/// <summary>
/// A pause between two tries, which an interrupt ends at once, and so does whoever lets the sock
/// go. It is no wait for no event: a backend whose waits return at once is what pauses are for, and
/// so does a wait for a hang-up that is there.
/// </summary>
internal readonly struct Pause : IDisposable
{
    // Whoever interrupts or disposes does not run what is awaited.
    private readonly TaskCompletionSource _ended = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    private readonly CancellationTokenRegistration _interrupted;
    private readonly CancellationTokenRegistration _gone;

    private Pause(object sock, CancellationToken interrupt)
    {
        _interrupted = interrupt.UnsafeRegister(End, _ended);
        _gone = ((sock as ISockGone)?.Gone ?? default).UnsafeRegister(End, _ended);
    }

    public static void Sleep(object sock, int milliseconds, CancellationToken interrupt)
    {
        using var pause = new Pause(sock, interrupt);
        pause._ended.Task.Wait(milliseconds, CancellationToken.None);
    }

    public static async Task SleepAsync(object sock, int milliseconds, CancellationToken interrupt)
    {
        using var pause = new Pause(sock, interrupt);
        var time = Task.Delay(milliseconds, CancellationToken.None);
        await Task.WhenAny(pause._ended.Task, time).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _interrupted.Dispose();
        _gone.Dispose();
    }

    private static void End(object? ended) => ((TaskCompletionSource)ended!).TrySetResult();
}
