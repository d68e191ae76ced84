using System.CommandLine;
using System.Globalization;

namespace BitcoinSock.Field.Networks;

/// <summary>
/// The far end, a process of its own in a namespace of its own, told what to do line by line. It
/// answers each line with one.
/// </summary>
internal sealed class PeerCommand : Command
{
    public PeerCommand()
        : base("peer", "The far end of 'networks', which starts it; told what to do by its input.")
    {
        Hidden = true;
        SetAction(_ =>
        {
            using var peer = new Peer();
            while (Console.ReadLine() is string line)
            {
                string[] words = line.Split(' ');
                int[] numbers =
                [
                    .. words.Skip(1).Select(each => int.Parse(each, CultureInfo.InvariantCulture)),
                ];
                Console.WriteLine(peer.Obey(words[0], numbers));
            }
        });
    }
}
