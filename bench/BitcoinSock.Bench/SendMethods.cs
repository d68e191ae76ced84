using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>The ways to send, all by calls of the same size.</summary>
internal static class SendMethods
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(ReadOperations.TimeoutMs);

    public static readonly SendMethod C = new(
        "C send",
        (sock, chunk, total) => Native.SendComplete(sock, chunk, total),
        "Core's SendComplete"
    );

    public static readonly SendMethod BlockingC = new(
        "C blocking send",
        (sock, chunk, total) => Native.Feed(sock, chunk, total / chunk.Length),
        "no deadline"
    );

    public static readonly SendMethod Socket = new(
        "Socket.Send",
        (sock, chunk, total) =>
        {
            using Socket socket = ReadMethods.Take(sock);
            for (long sent = 0; sent < total; )
            {
                sent += socket.Send(chunk);
            }
        },
        "blocking, no deadline"
    );

    public static readonly SendMethod SendComplete = new(
        "SendComplete",
        (sock, chunk, total) =>
        {
            for (long sent = 0; sent < total; sent += chunk.Length)
            {
                sock.SendComplete(chunk, Timeout);
            }
        }
    );

    public static readonly SendMethod[] All = [C, BlockingC, Socket, SendComplete];
}
