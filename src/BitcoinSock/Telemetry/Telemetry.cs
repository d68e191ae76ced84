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

    /// <summary>
    /// Whether somebody wants to know of operations, and this is not his own: a listener that uses
    /// a sock is not told of that, or it would have no end.
    /// </summary>
    public static bool IsWanted
    {
        // Where an operation begins, so that nothing is left there without the switches.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get =>
            (
                (HasEvents && SockEventSource.Log.WantsOperations)
                || (HasMeters && SockMeter.WantsOperations)
            ) && !_isTelling;
    }

    /// <summary>
    /// Tells listeners something. Nothing they do comes back: neither what they throw, nor the
    /// error of a call they make.
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

    private static bool IsSwitchedOn(string name) =>
        !AppContext.TryGetSwitch(name, out bool isOn) || isOn;
}
