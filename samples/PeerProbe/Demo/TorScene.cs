using System.Text;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// Lines that end in CR LF, several to an answer; the last has a space after its code.
/// </summary>
internal static class TorScene
{
    public static void Play(Story story, int seed)
    {
        var stutter = new Stutter(seed);
        using var server = new LoopbackServer((client, line) => Answer(stutter, client, line));
        using var client = new LineClient(story, server.EndPoint, stutter);
        List<string> info = Ask(client, "PROTOCOLINFO 1\r\n");
        List<string> version = Ask(client, "GETINFO version\r\n");
        story.Check(
            "PROTOCOLINFO is answered by four lines, the last 250 OK",
            "4: 250 OK",
            Sum(info)
        );
        story.Check("GETINFO by two", "2: 250 OK", Sum(version));
        story.Check("not a byte is left over", 0, client.Left);
    }

    private static List<string> Ask(LineClient client, string question)
    {
        client.Say(question);
        List<string> lines = [];
        do
        {
            lines.Add(client.Hear());
        } while (lines[^1][3] == '-');
        return lines;
    }

    private static string Sum(List<string> lines) => $"{lines.Count}: {lines[^1]}";

    private static void Answer(Stutter stutter, Sock client, string line)
    {
        string[] lines = line.StartsWith("PROTOCOLINFO", StringComparison.Ordinal)
            ?
            [
                "250-PROTOCOLINFO 1",
                "250-AUTH METHODS=NULL",
                "250-VERSION Tor=\"0.4.8.0-demo\"",
                "250 OK",
            ]
            : ["250-version=0.4.8.0-demo", "250 OK"];
        foreach (string reply in lines)
        {
            stutter.Say(client, Encoding.ASCII.GetBytes(reply + "\r\n"));
        }
    }
}
