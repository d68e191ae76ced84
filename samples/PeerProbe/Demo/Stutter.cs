using System.Collections.Concurrent;
using BitcoinSock;

namespace PeerProbe;

/// <summary>How the servers of the demo speak: in random fragments, with random pauses.</summary>
internal sealed class Stutter(int seed)
{
    public const int FragmentMax = 4;

    private const int PauseMsMax = 2;

    private readonly Random _random = new(seed);

    /// <summary>In how many fragments each message left, in their order.</summary>
    public BlockingCollection<int> Fragments { get; } = [];

    /// <summary>Says a message; its last fragment and what follows leave in one call.</summary>
    public void Say(Sock to, ReadOnlySpan<byte> message, ReadOnlySpan<byte> follows = default)
    {
        int fragments = 1;
        while (message.Length > FragmentMax)
        {
            int length = _random.Next(1, FragmentMax + 1);
            to.SendComplete(message[..length], LineClient.Patience);
            message = message[length..];
            fragments++;
            Thread.Sleep(_random.Next(1, PauseMsMax + 1));
        }

        Fragments.Add(fragments);
        to.SendComplete([.. message, .. follows], LineClient.Patience);
    }
}
