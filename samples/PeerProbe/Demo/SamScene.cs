using System.Net;
using System.Net.Sockets;
using System.Text;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// Why to read up to a terminator and not one byte further: the socket changes hands.
/// </summary>
internal static class SamScene
{
    private const string Accept = "STREAM ACCEPT ID=demo SILENT=false\n";

    public static void Play(Story story, int seed)
    {
        var bridge = new SamBridge(seed);
        using var server = new LoopbackServer(bridge.Answer);
        using (var client = new LineClient(story, server.EndPoint, bridge.Stutter))
        {
            client.Say("HELLO VERSION MIN=3.1 MAX=3.1\n");
            string hello = client.Hear();
            client.Say(Accept);
            client.Hear();
            string caller = client.Hear();
            story.Check("HELLO is answered", "HELLO REPLY RESULT=OK VERSION=3.1", hello);
            story.Check("the caller's line is whole", bridge.Destination, caller);
            int length = bridge.Payload.Length;
            string expected = Convert.ToHexStringLower(bridge.Payload);
            string seen = Convert.ToHexStringLower(ReadElsewhere(client.Sock, length));
            story.Tell(
                $"with its last fragment came {length} bytes of Bitcoin; a NetworkStream reads on:"
            );
            story.Tell($"< {seen}");
            story.Check("its first byte is the next one, 0xfa", expected[..2], seen[..2]);
            story.Check("and all of the caller's first message is there", expected, seen);
        }

        int left = LeftByStreamReader(server.EndPoint);
        story.Tell($"(by StreamReader.ReadLine: of these bytes, {left} are left to read)");
    }

    /// <summary>Gives the socket away, and reads on with the base library.</summary>
    private static byte[] ReadElsewhere(Sock sock, int length)
    {
        using Socket socket = sock.ToSocket();
        using var stream = new NetworkStream(socket);
        stream.ReadTimeout = (int)LineClient.Patience.TotalMilliseconds;
        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static int LeftByStreamReader(EndPoint server)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(server);
        using var stream = new NetworkStream(socket);
        stream.Write(Encoding.ASCII.GetBytes(Accept));
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        reader.ReadLine();
        return socket.Available;
    }
}
