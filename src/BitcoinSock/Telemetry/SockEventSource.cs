using System.Diagnostics.Tracing;

namespace BitcoinSock;

/// <summary>
/// What the library says to dotnet-trace and the like. Lengths and codes, never payload.
/// docs/telemetry.md lists it for its readers.
/// </summary>
[EventSource(Name = "BitcoinSock")]
internal sealed class SockEventSource : EventSource
{
    /// <summary>Whether somebody listens to operations, or to their calls.</summary>
    public bool WantsOperations =>
        IsEnabled() && IsEnabled(EventLevel.Informational, Keywords.Operations | Keywords.Calls);

    /// <summary>Whether somebody listens to every call.</summary>
    public bool WantsCalls => IsEnabled() && IsEnabled(EventLevel.Verbose, Keywords.Calls);

    /// <summary>Tells of a close(2); the error is 0 if it worked.</summary>
    [NonEvent]
    public void TellClosed(long descriptor, int error)
    {
        Closed(descriptor);
        if (error != 0)
        {
            CloseFailed(descriptor, error, NetworkError.NetworkErrorString(error));
        }
    }

    /// <summary>
    /// close(2) failed. The descriptor is gone all the same, so nobody is told otherwise.
    /// </summary>
    [Event(
        1,
        Level = EventLevel.Warning,
        Keywords = Keywords.Ownership,
        Message = "close({0}): {2}"
    )]
    public void CloseFailed(long descriptor, int error, string text) =>
        WriteEvent(1, descriptor, error, text);

    /// <summary>
    /// close(2) was called, whatever came of it: who counts these sees each descriptor closed once.
    /// </summary>
    [Event(2, Level = EventLevel.Verbose, Keywords = Keywords.Ownership, Message = "close({0})")]
    public void Closed(long descriptor) => WriteEvent(2, descriptor);

    /// <summary>An operation ended.</summary>
    [Event(
        3,
        Level = EventLevel.Informational,
        Keywords = Keywords.Operations,
        Message = "{0} on {7}: {1} ({2}), {3} bytes by {4} calls and {5} waits in {6} ms"
    )]
    public void Operation(
        string operation,
        string outcome,
        int error,
        long bytes,
        int calls,
        int waits,
        double milliseconds,
        long descriptor
    )
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Operations))
        {
            WriteEvent(3, operation, outcome, error, bytes, calls, waits, milliseconds, descriptor);
        }
    }

    /// <summary>An operation made a call, which took or gave so many bytes.</summary>
    [Event(
        4,
        Level = EventLevel.Verbose,
        Keywords = Keywords.Calls,
        Message = "{0}({4}, {1} bytes) = {2} ({3})"
    )]
    public void Call(string call, int asked, int count, int error, long descriptor) =>
        WriteEvent(4, call, asked, count, error, descriptor);

    /// <summary>An operation waited.</summary>
    [Event(
        5,
        Level = EventLevel.Verbose,
        Keywords = Keywords.Calls,
        Message = "{0}({4}, {1} ms) = {2} ({3})"
    )]
    public void Wait(string call, double milliseconds, int count, int error, long descriptor) =>
        WriteEvent(5, call, milliseconds, count, error, descriptor);

    /// <summary>What can be listened to by itself.</summary>
    public static class Keywords
    {
        public const EventKeywords Operations = (EventKeywords)1;
        public const EventKeywords Calls = (EventKeywords)2;
        public const EventKeywords Ownership = (EventKeywords)4;
    }
}
