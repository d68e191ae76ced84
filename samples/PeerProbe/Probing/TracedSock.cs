using System.Net;
using System.Net.Sockets;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// A socket that tells of each call: when, what, how many bytes, how it ended. Never of the bytes.
/// </summary>
internal sealed class TracedSock(Sock sock, Errand errand)
    : ISock,
        ISockSendVectored,
        ISockConnect,
        ISockGetSockOpt
{
    public TimeProvider Clock => sock.Clock;

    public SockResult Connect(EndPoint endPoint) =>
        Told($"connect {endPoint}", sock.Connect(endPoint), "done");

    public SockResult SetNonBlocking() => Told("non-blocking", sock.SetNonBlocking(), "done");

    public SockResult GetSockOpt(SocketOptionLevel level, SocketOptionName name, out int value)
    {
        SockResult result = sock.GetSockOpt(level, name, out value);
        return Told($"getsockopt {name}", result, $"{value}");
    }

    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
    {
        SockResult result = sock.Send(data, flags);
        return Told($"send {data.Length}", result, $"{result.Count}");
    }

    public SockResult Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, SockFlags flags)
    {
        SockResult result = sock.Send(first, second, flags);
        return Told($"send {first.Length} + {second.Length}", result, $"{result.Count}");
    }

    public SockResult Recv(Span<byte> buffer, SockFlags flags)
    {
        SockResult result = sock.Recv(buffer, flags);
        string call = flags.HasFlag(SockFlags.Peek) ? "peek" : "recv";
        return Told($"{call} {buffer.Length}", result, $"{result.Count}");
    }

    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt = default
    )
    {
        SockResult result = sock.Wait(timeout, requested, out occurred, interrupt);
        return Told($"wait {requested}, {timeout.TotalMilliseconds:0} ms", result, $"{occurred}");
    }

    private SockResult Told(string call, SockResult result, string outcome)
    {
        string ended = result.IsError ? NetworkError.NetworkErrorString(result.Error) : outcome;
        errand.Trace($"{call}: {ended}");
        return result;
    }
}
