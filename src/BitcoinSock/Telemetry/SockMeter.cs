using System.Diagnostics.Metrics;

namespace BitcoinSock;

/// <summary>
/// What the library counts for dotnet-counters, OpenTelemetry and the like, under names by
/// OpenTelemetry's conventions. docs/telemetry.md lists it for its readers.
/// </summary>
internal sealed class SockMeter
{
    private readonly Counter<long>? _io;
    private readonly Counter<long>? _operations;
    private readonly Counter<long>? _waits;
    private readonly Histogram<double>? _duration;

    /// <summary>Publishes the instruments.</summary>
    public SockMeter()
    {
        var meter = new Meter("BitcoinSock");
        _io = Publish(
            meter,
            "bitcoinsock.io",
            name =>
                meter.CreateCounter<long>(name, "By", "Bytes that operations sent and received.")
        );
        _operations = Publish(
            meter,
            "bitcoinsock.operations",
            name => meter.CreateCounter<long>(name, "{operation}", "Operations that ended.")
        );
        _waits = Publish(
            meter,
            "bitcoinsock.waits",
            name => meter.CreateCounter<long>(name, "{wait}", "Waits inside of operations.")
        );
        // The default buckets begin at 5 s.
        _duration = Publish(
            meter,
            "bitcoinsock.operation.duration",
            name =>
                meter.CreateHistogram(
                    name,
                    "s",
                    "How long operations took.",
                    tags: null,
                    new InstrumentAdvice<double>
                    {
                        HistogramBucketBoundaries = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100],
                    }
                )
        );
        Publish(
            meter,
            "bitcoinsock.open_socket.count",
            name =>
                meter.CreateObservableUpDownCounter(
                    name,
                    static () => Telemetry.OpenSockets,
                    "{socket}",
                    "Descriptors that the library owns."
                )
        );
    }

    /// <summary>Whether somebody listens to what operations do.</summary>
    public bool WantsOperations =>
        _operations is { Enabled: true }
        || _io is { Enabled: true }
        || _waits is { Enabled: true }
        || _duration is { Enabled: true };

    /// <summary>An operation ended.</summary>
    public void Ended(
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
        // Each by itself: a listener of one that throws is none of the others' concern.
        Telemetry.Tell(
            (_operations, kind, end),
            static told => told._operations?.Add(1, told.kind, told.end)
        );
        Telemetry.Tell(
            (_duration, duration, kind, end),
            static told => told._duration?.Record(told.duration.TotalSeconds, told.kind, told.end)
        );
        AddIfAny(_waits, waits, kind);
        AddIfAny(_io, sent, new("network.io.direction", "transmit"));
        AddIfAny(_io, received, new("network.io.direction", "receive"));
    }

    private static void AddIfAny(
        Counter<long>? counter,
        long count,
        KeyValuePair<string, object?> tag
    )
    {
        if (count > 0)
        {
            Telemetry.Tell(
                (counter, count, tag),
                static told => told.counter?.Add(told.count, told.tag)
            );
        }
    }

    private static T? Publish<T>(Meter meter, string name, Func<string, T> create)
        where T : Instrument
    {
        try
        {
            return create(name);
        }
        catch (Exception)
        {
            // A listener threw. The instrument is published all the same, and those who were shown
            // it before listen to it: it is found as a listener finds it.
            T? published = null;
            using var finder = new MeterListener();
            finder.InstrumentPublished = (found, _) =>
                published = found.Meter == meter && found.Name == name ? (T)found : published;
            finder.Start();
            return published;
        }
    }
}
