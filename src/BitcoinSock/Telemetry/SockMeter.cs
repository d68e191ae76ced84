using System.Diagnostics.Metrics;

namespace BitcoinSock;

/// <summary>
/// What the library counts for dotnet-counters, OpenTelemetry and the like, under names by
/// OpenTelemetry's conventions. docs/telemetry.md lists it for its readers.
/// </summary>
internal static class SockMeter
{
    private static readonly Meter Meter = new("BitcoinSock");

    private static readonly Counter<long> Io = Meter.CreateCounter<long>(
        "bitcoinsock.io",
        "By",
        "Bytes that operations sent and received."
    );

    private static readonly Counter<long> Operations = Meter.CreateCounter<long>(
        "bitcoinsock.operations",
        "{operation}",
        "Operations that ended."
    );

    private static readonly Counter<long> Waits = Meter.CreateCounter<long>(
        "bitcoinsock.waits",
        "{wait}",
        "Waits inside of operations."
    );

    // The default buckets begin at 5 s.
    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "bitcoinsock.operation.duration",
        "s",
        "How long operations took.",
        tags: null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100],
        }
    );

    private static int _openSockets;

    static SockMeter() =>
        Meter.CreateObservableUpDownCounter(
            "bitcoinsock.open_socket.count",
            static () => Volatile.Read(ref _openSockets),
            "{socket}",
            "Descriptors that the library owns."
        );

    /// <summary>Whether somebody listens to what operations do.</summary>
    public static bool WantsOperations =>
        Operations.Enabled || Io.Enabled || Waits.Enabled || Duration.Enabled;

    /// <summary>
    /// Descriptors are owned, or not any more. Counted whether somebody listens yet or not.
    /// </summary>
    public static void CountOpen(int change) => Interlocked.Add(ref _openSockets, change);

    /// <summary>An operation ended.</summary>
    public static void Ended(
        string operation,
        string outcome,
        long sent,
        long received,
        int waits,
        TimeSpan duration
    )
    {
        var kind = new KeyValuePair<string, object?>("bitcoinsock.operation", operation);
        var end = new KeyValuePair<string, object?>("bitcoinsock.outcome", outcome);
        Operations.Add(1, kind, end);
        Duration.Record(duration.TotalSeconds, kind, end);
        AddIfAny(Waits, waits, kind);
        AddIfAny(Io, sent, new("network.io.direction", "transmit"));
        AddIfAny(Io, received, new("network.io.direction", "receive"));
    }

    private static void AddIfAny(
        Counter<long> counter,
        long count,
        KeyValuePair<string, object?> tag
    )
    {
        if (count > 0)
        {
            counter.Add(count, tag);
        }
    }
}
