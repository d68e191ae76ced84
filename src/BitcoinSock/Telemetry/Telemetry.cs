using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BitcoinSock;

/// <summary>
/// Whether anybody listens, and how he is told. The switches are the base library's own: where a
/// program sets them to false (EventSourceSupport, MetricsSupport), nothing of this is left.
/// </summary>
internal static class Telemetry
{
    // Null until they are published, and for ever if a listener does not let them be.
    private static SockEventSource? _events;
    private static SockMeter? _meter;
    private static int _openSockets;

    [ThreadStatic]
    private static bool _isTelling;

    /// <summary>Whether the runtime has event sources at all: a constant to the compiler.</summary>
    [FeatureSwitchDefinition("System.Diagnostics.Tracing.EventSource.IsSupported")]
    public static bool HasEvents { get; } =
        IsSwitchedOn("System.Diagnostics.Tracing.EventSource.IsSupported");

    /// <summary>Whether the runtime has meters at all: a constant to the compiler.</summary>
    [FeatureSwitchDefinition("System.Diagnostics.Metrics.Meter.IsSupported")]
    public static bool HasMeters { get; } =
        IsSwitchedOn("System.Diagnostics.Metrics.Meter.IsSupported");

    /// <summary>What tells of events; null if there is none.</summary>
    public static SockEventSource? Events => HasEvents ? _events : null;

    /// <summary>What counts operations; null if there is none.</summary>
    public static SockMeter? Meter => HasMeters ? _meter : null;

    /// <summary>
    /// How many descriptors are owned: counted whether there is a meter yet or not.
    /// </summary>
    public static int OpenSockets => Volatile.Read(ref _openSockets);

    /// <summary>Whether somebody wants to know of operations.</summary>
    public static bool IsWanted
    {
        // Where an operation begins, so that nothing is left there without the switches.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get =>
            (HasEvents && _events is { WantsOperations: true })
            || (HasMeters && _meter is { WantsOperations: true });
    }

    /// <summary>Makes the meter, and shows it to those who listen already.</summary>
    public static void PublishMeter() => _meter = new SockMeter();

    /// <summary>Makes the event source, and shows it to those who listen already.</summary>
    public static void PublishEvents() => _events = new SockEventSource();

    /// <summary>A descriptor is owned.</summary>
    public static void Opened() => CountOpen(1);

    /// <summary>A descriptor was given up, open.</summary>
    public static void GivenUp() => CountOpen(-1);

    /// <summary>A descriptor was closed.</summary>
    /// <param name="descriptor">Its number.</param>
    /// <param name="error">0 if that worked.</param>
    /// <param name="isForgotten">
    /// Whether a finalizer closed it: that tells nobody, because a listener that does not return
    /// would stop every finalizer of the process.
    /// </param>
    public static void Closed(long descriptor, int error, bool isForgotten)
    {
        CountOpen(-1);
        if (!isForgotten && Events is SockEventSource events && events.IsEnabled())
        {
            Tell(
                (events, descriptor, error),
                static told => told.events.TellClosed(told.descriptor, told.error)
            );
        }
    }

    /// <summary>
    /// Tells listeners something. Nothing they do comes back: neither what they throw, nor the
    /// error of a call they make. One that uses a sock is not told of that, or it would not end.
    /// </summary>
    public static void Tell<T>(T what, Action<T> tell)
    {
        if (_isTelling)
        {
            return;
        }

        int captured = Marshal.GetLastPInvokeError();
        _isTelling = true;
        try
        {
            tell(what);
        }
        catch (Exception)
        {
            // A meter's listener threw (an event's never gets that far). It is not the operation's
            // to suffer, and there is nobody to report it to.
        }
        finally
        {
            _isTelling = false;
            Marshal.SetLastPInvokeError(captured);
        }
    }

    private static void CountOpen(int change)
    {
        if (HasMeters)
        {
            Interlocked.Add(ref _openSockets, change);
        }
    }

    private static bool IsSwitchedOn(string name) =>
        !AppContext.TryGetSwitch(name, out bool isOn) || isOn;
}
