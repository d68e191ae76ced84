using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PeerProbe;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The Bitcoin handshake of PeerProbe, against nodes played byte by byte.</summary>
public class PeerProbeBitcoinTests
{
    private const int HeaderLength = 24;

    private static readonly BitcoinNetwork Regtest = BitcoinNetwork.All.Single(network =>
        network.Name == "regtest"
    );

    [Fact]
    public void A_node_that_says_everything_a_byte_at_a_time_is_understood()
    {
        using var node = new Probed(Ask);
        (string command, byte[] version) = Hears(node);
        Assert.Equal("version", command);
        Assert.Equal("/PeerProbe:0.1.0/"u8, version.AsSpan(81, version.Length - 81 - 5));
        node.SaysSlowly(Message("version", Version(1)));
        Assert.Equal(("verack", 0), Lengths(Hears(node)));
        node.SaysSlowly(Message("ping", Nonce(7)));
        (command, byte[] echo) = Hears(node);
        Assert.Equal("pong", command);
        Assert.Equal(Nonce(7), echo);
        node.SaysSlowly([.. Message("wtxidrelay", []), .. Message("verack", [])]);
        (command, byte[] ping) = Hears(node);
        Assert.Equal("ping", command);
        byte[] before = [.. Message("pong", Nonce(7)), .. Message("feefilter", Nonce(1))];
        node.SaysSlowly([.. before, .. Message("pong", ping)]);
        node.Says("what follows");
        node.Succeeds();
        Assert.Equal("what follows"u8, node.Unread);
        Assert.Equal("/test:1/", $"{node.Found["user_agent"]}");
        Assert.Equal(70015, node.Found["protocol"]!.GetValue<int>());
        Assert.Equal("""["NETWORK","WITNESS","bit 63"]""", node.Found["services"]!.ToJsonString());
        Assert.Equal(-2, node.Found["height"]!.GetValue<int>());
        Assert.InRange(node.Found["time_offset_s"]!.GetValue<long>(), 3500, 3600);
        Assert.True(node.Found["round_trip_ms"]!.GetValue<double>() > 0);
    }

    [Fact]
    public void A_proxy_hands_over_the_socket_and_the_node_may_speak_with_its_last_byte()
    {
        using var peer = new Probed(
            (conversation, found) =>
            {
                Socks5.Open(conversation, new HostPort("a.b", 1), null);
                Ask(conversation, found);
            }
        );
        byte[] bound = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        peer.Says([5, 0, .. bound, .. Message("version", Version(1)), .. Message("verack", [])]);
        peer.Hears(3 + 3 + 1 + 1 + 3 + 2);
        Hears(peer);
        Hears(peer);
        peer.Says(Message("pong", Hears(peer).Payload));
        peer.Succeeds();
    }

    [Fact]
    public void Too_large_a_payload_is_refused_by_its_header()
    {
        using var node = new Probed(Ask);
        node.Says([.. Header("inv", 4_000_000 - HeaderLength + 1, 0), .. "payload"u8]);
        string told = node.Fails(ExitCode.TooLong);
        Assert.Contains("'inv' of 3999977 bytes", told, StringComparison.Ordinal);
        Assert.Equal("payload"u8, node.Unread);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000_000)]
    public void All_messages_together_have_a_limit(int length)
    {
        using var node = new Probed(Ask);
        byte[] message = Message("other", new byte[length]);
        int whole = 4_000_000 / message.Length;
        node.Says([.. Enumerable.Repeat(message, whole).SelectMany(bytes => bytes)]);
        node.Says(message.AsSpan(0, HeaderLength));
        string told = node.Fails(ExitCode.TooLong);
        Assert.Contains("more than 4000000", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("f9beb4d9", "is of the network main, not regtest", "--network main")]
    [InlineData("0b110907", "is of the network test, not regtest", "--network test")]
    [InlineData("0a03cf40", "is of the network signet, not regtest", "--network signet")]
    [InlineData("48545450", "begin with 48545450", "another port")]
    public void Another_network_is_named_if_it_is_known(string magic, string why, string advice)
    {
        using var node = new Probed(Ask);
        byte[] message = Message("version", Version(1));
        Convert.FromHexString(magic).CopyTo(message, 0);
        node.Says(message);
        string told = node.Fails(ExitCode.WrongProtocol);
        Assert.Contains(why, told, StringComparison.Ordinal);
        Assert.Contains(advice, told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4 + 16)]
    [InlineData(HeaderLength + 85)]
    public void A_damaged_message_is_refused(int position)
    {
        using var node = new Probed(Ask);
        byte[] message = Message("version", Version(1));
        message[position] ^= 1;
        node.Says(message);
        string told = node.Fails(ExitCode.WrongProtocol);
        Assert.Contains("wrong checksum", told, StringComparison.Ordinal);
        Assert.Empty(node.Found);
    }

    [Fact]
    public void It_knows_itself_by_its_nonce()
    {
        using var node = new Probed(Ask);
        node.Says(Message("version", Hears(node).Payload));
        string told = node.Fails(ExitCode.WrongProtocol);
        Assert.Contains("this program itself", told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_that_is_cut_anywhere_is_none()
    {
        byte[] whole = Version(1);
        for (int length = 0; length < whole.Length - 1; length++)
        {
            Assert.Null(BitcoinVersion.Decode(whole.AsSpan(0, length)));
        }

        Assert.NotNull(BitcoinVersion.Decode(whole.AsSpan(0, whole.Length - 1)));
        using var node = new Probed(Ask);
        node.Says(Message("version", whole[..50]));
        node.Fails(ExitCode.WrongProtocol);
    }

    [Theory]
    [InlineData("FD-FD-00", 253, true)]
    [InlineData("FD-00-01", 256, true)]
    [InlineData("FD-01-01", 257, false)]
    [InlineData("FD-0A-00", 10, false)]
    [InlineData("FE-00-01-00-00", 256, false)]
    public void A_user_agent_has_at_most_256_bytes_and_its_length_the_shortest_form(
        string length,
        int bytes,
        bool valid
    )
    {
        byte[] prefix = Convert.FromHexString(length.Replace("-", "", StringComparison.Ordinal));
        byte[] payload = [.. new byte[80], .. prefix, .. new byte[bytes], 1, 0, 0, 0, 0];
        Assert.Equal(valid ? 1 : null, BitcoinVersion.Decode(payload)?.Height);
    }

    [Fact]
    public void What_was_found_before_an_interrupt_is_kept()
    {
        using var node = new Probed(Ask);
        node.Says(Message("version", Version(1)));
        Hears(node);
        Hears(node);
        node.IsInterrupted();
        node.Fails(ExitCode.Interrupted);
        Assert.Equal("/test:1/", $"{node.Found["user_agent"]}");
    }

    private static void Ask(Conversation peer, JsonObject found) =>
        Bitcoin.Ask(peer, Regtest, found);

    private static byte[] Version(ulong nonce)
    {
        const ulong Services = 1 | (1 << 3) | (1UL << 63);
        long time = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
        return new BitcoinVersion(70015, Services, time, nonce, "/test:1/", -2).Encode();
    }

    private static byte[] Nonce(ulong value) => BitConverter.GetBytes(value);

    private static byte[] Message(string command, byte[] payload)
    {
        byte[] hash = SHA256.HashData(SHA256.HashData(payload));
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(hash);
        return [.. Header(command, payload.Length, checksum), .. payload];
    }

    private static byte[] Header(string command, int length, uint checksum)
    {
        byte[] header = new byte[HeaderLength];
        Convert.FromHexString("fabfb5da").CopyTo(header, 0);
        Encoding.ASCII.GetBytes(command).CopyTo(header, 4);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(20), checksum);
        return header;
    }

    private static (string Command, byte[] Payload) Hears(Probed node)
    {
        byte[] header = node.Hears(HeaderLength);
        string command = Encoding.ASCII.GetString(header, 4, 12).TrimEnd('\0');
        byte[] payload = node.Hears(BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(16)));
        byte[] whole = [.. header, .. payload];
        Assert.Equal(Message(command, payload), whole);
        return (command, payload);
    }

    private static (string Command, int Length) Lengths((string Command, byte[] Payload) message) =>
        (message.Command, message.Payload.Length);
}
