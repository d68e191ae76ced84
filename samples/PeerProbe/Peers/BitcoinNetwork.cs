namespace PeerProbe;

/// <summary>A network of Bitcoin nodes, and the bytes with which its messages begin.</summary>
internal sealed record BitcoinNetwork(string Name, int Port, byte[] Magic)
{
    /// <summary>Those one can ask for.</summary>
    public static readonly BitcoinNetwork[] All =
    [
        new("main", 8333, [0xf9, 0xbe, 0xb4, 0xd9]),
        new("test", 18333, [0x0b, 0x11, 0x09, 0x07]),
        new("signet", 38333, [0x0a, 0x03, 0xcf, 0x40]),
        new("regtest", 18444, [0xfa, 0xbf, 0xb5, 0xda]),
    ];

    public static BitcoinNetwork? WithMagic(ReadOnlySpan<byte> magic)
    {
        foreach (BitcoinNetwork network in All)
        {
            if (magic.SequenceEqual(network.Magic))
            {
                return network;
            }
        }

        return null;
    }
}
