using System.Text;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// The SAM bridge of the demo. It accepts a stream at once: the caller's destination on a line and,
/// in the same breath, what the caller says.
/// </summary>
internal sealed class SamBridge
{
    // 387 bytes and a certificate are 516 characters of base 64.
    private const int DestinationLength = 387;

    public SamBridge(int seed)
    {
        var random = new Random(seed);
        Stutter = new Stutter(seed);
        byte[] bytes = new byte[DestinationLength];
        random.NextBytes(bytes);
        Destination = Convert.ToBase64String(bytes).Replace('+', '-').Replace('/', '~');
        random.NextBytes(bytes);
        Payload = [0xfa, 0xbf, 0xb5, 0xda, .. "version\0\0\0\0\0"u8, .. bytes[..8]];
    }

    public Stutter Stutter { get; }

    public string Destination { get; }

    /// <summary>
    /// What the caller says first: the head of a message of Bitcoin, no line at all.
    /// </summary>
    public byte[] Payload { get; }

    public void Answer(Sock client, string line)
    {
        if (line.StartsWith("HELLO VERSION", StringComparison.Ordinal))
        {
            Stutter.Say(client, "HELLO REPLY RESULT=OK VERSION=3.1\n"u8);
        }
        else
        {
            Stutter.Say(client, "STREAM STATUS RESULT=OK\n"u8);
            Stutter.Say(client, Encoding.ASCII.GetBytes(Destination + "\n"), Payload);
        }
    }
}
