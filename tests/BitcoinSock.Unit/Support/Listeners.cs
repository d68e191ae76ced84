using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;

namespace BitcoinSock.Unit;

/// <summary>The event "Operation", as a value.</summary>
internal sealed record OperationEvent(
    string Operation,
    SockStatus Outcome,
    int Error,
    long Bytes,
    int Calls,
    int Waits,
    double Milliseconds
);

/// <summary>Keeps the events of the library, and does what a test wants at each.</summary>
internal sealed class HeardEvents : EventListener
{
    private readonly ConcurrentQueue<EventWrittenEventArgs> _all = new();
    private readonly Action<EventWrittenEventArgs>? _then;

    public HeardEvents(
        EventLevel level,
        EventKeywords keywords = EventKeywords.All,
        Action<EventWrittenEventArgs>? then = null
    )
    {
        _then = then;
        FirstUse.Begin();
        EnableEvents(Telemetry.Events!, level, keywords);
    }

    public IReadOnlyCollection<EventWrittenEventArgs> All => _all;

    public OperationEvent[] Operations =>
        [
            .. Named("Operation")
                .Select(written => written.Payload!)
                .Select(it => new OperationEvent(
                    (string)it[0]!,
                    Enum.Parse<SockStatus>((string)it[1]!),
                    (int)it[2]!,
                    (long)it[3]!,
                    (int)it[4]!,
                    (int)it[5]!,
                    (double)it[6]!
                )),
        ];

    /// <summary>What each call said of itself: <c>Recv 5 5 0</c>, <c>Wait 1000 0 0</c>.</summary>
    public string[] Calls =>
        [.. _all.Where(IsCall).Select(written => string.Join(' ', written.Payload!.SkipLast(1)))];

    public EventWrittenEventArgs[] Named(string name) =>
        [.. _all.Where(written => written.EventName == name)];

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        _all.Enqueue(eventData);
        _then?.Invoke(eventData);
    }

    private static bool IsCall(EventWrittenEventArgs written) =>
        written.EventName is "Call" or "Wait";
}

/// <summary>What one instrument measured, once.</summary>
internal sealed record Measured(string Instrument, double Value, string Tags);

/// <summary>Keeps the measurements of the library, and does what a test wants at each.</summary>
internal sealed class HeardMeasurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measured> _all = new();
    private readonly Action? _then;

    public HeardMeasurements(Action? then = null, string? only = null)
    {
        _then = then;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (
                instrument.Meter.Name == "BitcoinSock"
                && (only ?? instrument.Name) == instrument.Name
            )
            {
                Instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Keep);
        _listener.SetMeasurementEventCallback<int>(Keep);
        _listener.SetMeasurementEventCallback<double>(Keep);
        _listener.Start();
    }

    public List<Instrument> Instruments { get; } = [];

    public IReadOnlyCollection<Measured> All => _all;

    public double Sum(string instrument, string tags = "") =>
        _all.Where(one => one.Instrument == instrument && one.Tags == tags).Sum(one => one.Value);

    /// <summary>Asks those that are measured when asked.</summary>
    public int OpenSockets()
    {
        _all.Clear();
        _listener.RecordObservableInstruments();
        return (int)Sum("bitcoinsock.open_socket.count");
    }

    public void Dispose() => _listener.Dispose();

    private void Keep<T>(
        Instrument instrument,
        T value,
        ReadOnlySpan<KeyValuePair<string, object?>> tags,
        object? state
    )
        where T : struct, IConvertible
    {
        string[] words = [.. tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")];
        double number = value.ToDouble(null);
        _all.Enqueue(new Measured(instrument.Name, number, string.Join(' ', words)));
        _then?.Invoke();
    }
}
