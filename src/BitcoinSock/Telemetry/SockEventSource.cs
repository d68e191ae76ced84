using System.Diagnostics.Tracing;

namespace BitcoinSock;

/// <summary>
/// What the library says to dotnet-trace and the like. Lengths and codes, never payload.
/// </summary>
[EventSource(Name = "BitcoinSock")]
internal sealed class SockEventSource : EventSource
{
    public static readonly SockEventSource Log = new();

    /// <summary>
    /// close(2) failed. The descriptor is gone all the same, so nobody is told otherwise.
    /// </summary>
    [Event(1, Level = EventLevel.Warning, Message = "close({0}): {2}")]
    public void CloseFailed(long descriptor, int error, string text)
    {
        if (IsEnabled())
        {
            WriteEvent(1, descriptor, error, text);
        }
    }

    /// <summary>
    /// close(2) was called, whatever came of it: who counts these sees each descriptor closed once.
    /// </summary>
    [Event(2, Level = EventLevel.Verbose, Message = "close({0})")]
    public void Closed(long descriptor)
    {
        if (IsEnabled(EventLevel.Verbose, EventKeywords.None))
        {
            WriteEvent(2, descriptor);
        }
    }
}
