using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>
/// What telemetry costs <c>recv_single</c>: without it, while nobody listens, and while somebody
/// does. Each is a process, because what the switches say and what was compiled stays for its life.
/// </summary>
internal sealed class TelemetryCost(int rounds, bool quick)
{
    private const int Repeats = 20;
    private const int Divisor = 8;

    // The JIT compiles well what has run for a while: the switches are constants only then.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    private readonly Payload _payload = Payload.Random(
        64 * Payload.MiB / (quick ? Divisor * Divisor : Divisor)
    );

    public void Run()
    {
        Entrant[] each =
        [
            In(TelemetryState.Without, "as with EventSourceSupport and MetricsSupport false"),
            In(TelemetryState.Off, "nobody listens"),
            In(TelemetryState.On, "an EventListener and a MeterListener, one event a frame"),
        ];
        Series[] all = Series.Measure(rounds, each, roundSecondsMin: 0);
        string size = Payload.Size(_payload.Total.Bytes);
        Table.Print($"recv_single, unix pair, {size}, {_payload.Name}", _payload.Total, all);
        Console.WriteLine();
        PrintRatio("telemetry_off", all[1], all[0]);
        PrintRatio("telemetry_on", all[2], all[0]);
    }

    /// <summary>What each of the processes does: prints seconds.</summary>
    public void RunIn(TelemetryState state)
    {
        bool isThere = state != TelemetryState.Without;
        // Before the library asks: it does so once.
        AppContext.SetSwitch("System.Diagnostics.Tracing.EventSource.IsSupported", isThere);
        AppContext.SetSwitch("System.Diagnostics.Metrics.Meter.IsSupported", isThere);
        using EventListener? events = state == TelemetryState.On ? new Listener() : null;
        using MeterListener? measurements = state == TelemetryState.On ? Listen() : null;
        Entrant single = ReadOperations.Single.On(AddressFamily.Unix, _payload);
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < WarmUp; )
        {
            single.Run();
        }

        // The least: what else this machine does only adds.
        double least = Enumerable.Range(0, Repeats).Min(_ => single.Run());
        Console.WriteLine(least.ToString(CultureInfo.InvariantCulture));
    }

    private static void PrintRatio(string name, Series mine, Series without)
    {
        double[] ratios = [.. mine.Ratios(without)];
        string spread = $"{ratios.Min():F2}..{ratios.Max():F2}";
        Console.WriteLine($"ratio {name} {mine.Over(without):F2} (rounds {spread})");
    }

    private Entrant In(TelemetryState state, string note) =>
        new(state.ToString(), note, () => RunOutside(state));

    private double RunOutside(TelemetryState state)
    {
        string[] arguments = ["telemetry", "--state", state.ToString()];
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            quick ? [.. arguments, "--quick"] : arguments
        )
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? double.Parse(said, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"The process for '{state}' failed.");
    }

    private static MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "BitcoinSock")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }

    private sealed class Listener : EventListener
    {
        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "BitcoinSock")
            {
                EnableEvents(eventSource, EventLevel.Informational, EventKeywords.All);
            }
        }
    }
}

/// <summary>Whether the library has telemetry, and whether somebody listens.</summary>
internal enum TelemetryState
{
    Without,
    Off,
    On,
}
