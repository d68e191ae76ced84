using System.Diagnostics;

namespace PeerProbe;

/// <summary>
/// What all parts of one command share: one deadline, one interrupt, one trace, all from the moment
/// it is made.
/// </summary>
/// <param name="timeout">The deadline, for everything together.</param>
/// <param name="interrupt">Ends whatever is under way.</param>
/// <param name="trace">Where <see cref="Trace"/> writes.</param>
internal sealed class Errand(TimeSpan timeout, CancellationToken interrupt, TextWriter trace)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public TimeSpan Timeout => timeout;

    public CancellationToken Interrupt => interrupt;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>What is left of the time; zero once it is up.</summary>
    public TimeSpan Left
    {
        get
        {
            TimeSpan left = timeout - Elapsed;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void Trace(string what) =>
        trace.WriteLine($"{Elapsed.TotalMilliseconds, 9:0.000} ms  {what}");
}
