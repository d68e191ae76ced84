using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PeerProbe;

/// <summary>
/// A message of the peer-to-peer protocol. Before the payload goes a header of 24 bytes: 4 of the
/// network, 12 of the command, its length in 4, and the first 4 of the payload's double SHA-256.
/// </summary>
internal sealed record BitcoinMessage(string Command, byte[] Payload)
{
    /// <summary>How long a message may be, and all that one peer sends us together.</summary>
    public const int Max = 4_000_000;

    private const int HeaderLength = 24;
    private const int CommandLength = 12;

    public void Say(Conversation peer, BitcoinNetwork network)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        network.Magic.CopyTo(header);
        Encoding.ASCII.GetBytes(Command, header.Slice(4, CommandLength));
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], Payload.Length);
        Checksum(Payload).CopyTo(header[20..]);
        peer.Say(header, Payload);
    }

    /// <summary>The next message, whole and undamaged.</summary>
    /// <exception cref="ProbeFailure">
    /// It is of another network, too long (told by the header alone), or damaged; or none came.
    /// </exception>
    public static BitcoinMessage Hear(Conversation peer, BitcoinNetwork network)
    {
        ReadOnlySpan<byte> header = peer.Hear(HeaderLength);
        CheckNetwork(peer, network, header[..4]);
        string command = Encoding.ASCII.GetString(header.Slice(4, CommandLength)).TrimEnd('\0');
        string name = Printable.Text(command);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        if (length > Max - peer.Received)
        {
            throw peer.TooLong(
                $"announces a message '{name}' of {length} bytes, which makes more than {Max}"
            );
        }

        byte[] payload = peer.Hear((int)length);
        if (!header[20..].SequenceEqual(Checksum(payload)))
        {
            throw peer.WrongProtocol(
                $"sent a message '{name}' of {length} bytes with a wrong checksum",
                "the same again; if it stays so, its log"
            );
        }

        return new BitcoinMessage(command, payload);
    }

    private static void CheckNetwork(
        Conversation peer,
        BitcoinNetwork network,
        ReadOnlySpan<byte> magic
    )
    {
        if (magic.SequenceEqual(network.Magic))
        {
            return;
        }

        throw BitcoinNetwork.WithMagic(magic) is { } other
            ? peer.WrongProtocol(
                $"is of the network {other.Name}, not {network.Name}",
                $"--network {other.Name}"
            )
            : peer.WrongProtocol(
                $"is no node of the network {network.Name}: "
                    + $"its messages begin with {Convert.ToHexStringLower(magic)}"
            );
    }

    private static ReadOnlySpan<byte> Checksum(byte[] payload) =>
        SHA256.HashData(SHA256.HashData(payload)).AsSpan(0, 4);
}
