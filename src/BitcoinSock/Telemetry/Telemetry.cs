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

    /// <summary>Whether somebody wants to know of operations.</summary>
    public static bool IsWanted
    {
        // Where an operation begins, so that nothing is left there without the switches.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get =>
            (HasEvents && SockEventSource.Log.WantsOperations)
            || (HasMeters && SockMeter.WantsOperations);
    }

    /// <summary>A descriptor is owned.</summary>
    public static void Opened() => CountOpen(1);

    /// <summary>A descriptor was given up, open.</summary>
    public static void GivenUp() => CountOpen(-1);

    /// <summary>A descriptor was closed; the error is 0 if that worked.</summary>
    public static void Closed(long descriptor, int error)
    {
        CountOpen(-1);
        if (HasEvents && SockEventSource.Log.IsEnabled())
        {
            Tell((descriptor, error), static told => TellClosed(told.descriptor, told.error));
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
            SockMeter.CountOpen(change);
        }
    }

    private static void TellClosed(long descriptor, int error)
    {
        SockEventSource.Log.Closed(descriptor);
        if (error != 0)
        {
            string text = NetworkError.NetworkErrorString(error);
            SockEventSource.Log.CloseFailed(descriptor, error, text);
        }
    }

    private static bool IsSwitchedOn(string name) =>
        !AppContext.TryGetSwitch(name, out bool isOn) || isOn;
}
