using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace PeerProbe;

/// <summary>
/// A Bitcoin node: <c>version</c> and <c>verack</c> from both sides, then a <c>ping</c> of ours.
/// Its own pings are answered; whatever else it says is read away.
/// </summary>
internal static class Bitcoin
{
    private const int Protocol = 70016;
    private const string UserAgent = "/PeerProbe:0.1.0/";

    public static string Advice(BitcoinNetwork network) =>
        $"a node of the network {network.Name} usually listens on {network.Port}";

    /// <summary>Asks for all that a node tells about itself.</summary>
    /// <exception cref="ProbeFailure">It does not, or not well.</exception>
    public static void Ask(Conversation peer, BitcoinNetwork network, JsonObject found)
    {
        ulong nonce = NewNonce();
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Say("version", new BitcoinVersion(Protocol, 0, now, nonce, UserAgent, 0).Encode());
        bool greeted = false;
        bool acknowledged = false;
        while (!greeted || !acknowledged)
        {
            BitcoinMessage message = Hear();
            if (message.Command == "version" && !greeted)
            {
                Tell(peer, nonce, message.Payload, found);
                Say("verack", []);
                greeted = true;
            }

            acknowledged |= message.Command == "verack";
        }

        byte[] ping = BitConverter.GetBytes(NewNonce());
        long start = Stopwatch.GetTimestamp();
        Say("ping", ping);
        BitcoinMessage answer;
        do
        {
            answer = Hear();
        } while (answer.Command != "pong" || !answer.Payload.SequenceEqual(ping));
        double roundTripMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        found["round_trip_ms"] = Math.Round(roundTripMs, 3);

        void Say(string command, byte[] payload) =>
            new BitcoinMessage(command, payload).Say(peer, network);

        BitcoinMessage Hear()
        {
            BitcoinMessage message = BitcoinMessage.Hear(peer, network);
            if (message is { Command: "ping", Payload.Length: sizeof(ulong) })
            {
                Say("pong", message.Payload);
            }

            return message;
        }
    }

    private static void Tell(Conversation peer, ulong nonce, byte[] payload, JsonObject found)
    {
        BitcoinVersion theirs =
            BitcoinVersion.Decode(payload)
            ?? throw peer.WrongProtocol("sent a message 'version' that is none", "its log");
        if (theirs.Nonce == nonce)
        {
            throw peer.WrongProtocol("is this program itself: its own nonce came back");
        }

        found["user_agent"] = theirs.UserAgent;
        found["protocol"] = theirs.Protocol;
        found["services"] = new JsonArray([.. theirs.ServiceList]);
        found["height"] = theirs.Height;
        found["time_offset_s"] = theirs.Time - DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    }

    private static ulong NewNonce() =>
        BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
