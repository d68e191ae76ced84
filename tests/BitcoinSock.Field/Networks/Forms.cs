using System.Net;

namespace BitcoinSock.Field.Networks;

/// <summary>The operations in the form that is tried: every story is told in both.</summary>
internal static class Forms
{
    public static bool AreAwaited { get; set; }

    public static SockOutcome TrySend(
        this Sock sock,
        ReadOnlyMemory<byte> data,
        TimeSpan timeout
    ) =>
        AreAwaited
            ? Result(sock.TrySendCompleteAsync(data, timeout))
            : sock.TrySendComplete(data.Span, timeout);

    public static SockOutcome TryRecv(this Sock sock, Memory<byte> buffer, TimeSpan timeout) =>
        AreAwaited
            ? Result(sock.TryRecvCompleteAsync(buffer, timeout))
            : sock.TryRecvComplete(buffer.Span, timeout);

    public static SockOutcome TryConnect(this Sock sock, EndPoint endPoint, TimeSpan timeout) =>
        AreAwaited
            ? Result(sock.TryConnectCompleteAsync(endPoint, timeout))
            : sock.TryConnectComplete(endPoint, timeout);

    private static SockOutcome Result(ValueTask<SockOutcome> awaited) => awaited.AsTask().Result;
}
