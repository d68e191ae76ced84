using System.Buffers.Binary;
using System.Text;

namespace PeerProbe;

/// <summary>The payload of <c>version</c>, with which both sides begin.</summary>
/// <param name="Protocol">The version of the protocol.</param>
/// <param name="Services">A bit for each.</param>
/// <param name="Time">Seconds since 1970.</param>
/// <param name="Nonce">By which a node knows itself.</param>
/// <param name="UserAgent">The software.</param>
/// <param name="Height">Of its best chain.</param>
internal sealed record BitcoinVersion(
    int Protocol,
    ulong Services,
    long Time,
    ulong Nonce,
    string UserAgent,
    int Height
)
{
    // Numbers, and two addresses of 26 bytes, which nobody needs.
    private const int TimeOffset = 12;
    private const int NonceOffset = 72;
    private const int UserAgentOffset = 80;
    private const int UserAgentMax = 256;

    private static readonly Dictionary<int, string> ServiceNames = new()
    {
        [0] = "NETWORK",
        [1] = "GETUTXO",
        [2] = "BLOOM",
        [3] = "WITNESS",
        [6] = "COMPACT_FILTERS",
        [10] = "NETWORK_LIMITED",
        [11] = "P2P_V2",
    };

    /// <summary>Known ones by name, others by the number of their bit.</summary>
    public IEnumerable<string> ServiceList =>
        Enumerable
            .Range(0, 64)
            .Where(bit => (Services >> bit & 1) != 0)
            .Select(bit => ServiceNames.GetValueOrDefault(bit, $"bit {bit}"));

    /// <summary>With addresses of zeros, and no wish to hear of transactions.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[UserAgentOffset + 1 + UserAgent.Length + 5];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Protocol);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(4), Services);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(TimeOffset), Time);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(NonceOffset), Nonce);
        bytes[UserAgentOffset] = (byte)UserAgent.Length;
        Span<byte> rest = bytes.AsSpan(UserAgentOffset + 1);
        rest = rest[Encoding.ASCII.GetBytes(UserAgent, rest)..];
        BinaryPrimitives.WriteInt32LittleEndian(rest, Height);
        return bytes;
    }

    /// <summary>Null if it is none. What newer versions add at the end is not looked at.</summary>
    public static BitcoinVersion? Decode(ReadOnlySpan<byte> payload)
    {
        if (payload.Length <= UserAgentOffset)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = payload[UserAgentOffset..];
        int length = rest[0];
        rest = rest[1..];

        // The longer form of a length is only for what the shorter cannot say: 253 and more.
        if (length >= 0xfd)
        {
            if (length > 0xfd || rest.Length < 2)
            {
                return null;
            }

            length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            rest = rest[2..];
            if (length is < 0xfd or > UserAgentMax)
            {
                return null;
            }
        }

        return rest.Length < length + 4
            ? null
            : new BitcoinVersion(
                BinaryPrimitives.ReadInt32LittleEndian(payload),
                BinaryPrimitives.ReadUInt64LittleEndian(payload[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(payload[TimeOffset..]),
                BinaryPrimitives.ReadUInt64LittleEndian(payload[NonceOffset..]),
                Encoding.UTF8.GetString(rest[..length]),
                BinaryPrimitives.ReadInt32LittleEndian(rest[length..])
            );
    }
}
