using System.Text.RegularExpressions;

namespace PeerProbe;

/// <summary>The control port of Tor: <c>PROTOCOLINFO</c>, which needs no authentication.</summary>
internal sealed partial class TorCommand()
    : ProbeCommand(
        "tor",
        "Asks the control port of Tor for its version and ways to log in.",
        "a control port usually is 9051, once enabled (tor --ControlPort 9051)"
    )
{
    protected override string Title => "Tor control port";

    protected override IReadOnlyList<Fact> Ask(Conversation peer)
    {
        peer.Say("PROTOCOLINFO 1\r\n");
        List<string> reply = HearReply(peer);
        if (reply is not ["250-PROTOCOLINFO 1", .., "250 OK"])
        {
            throw peer.WrongProtocol("no Tor control port");
        }

        string all = string.Join('\n', reply);
        return
        [
            new Fact("version", Told(Version().Match(all))),
            new Fact("auth methods", Told(Methods().Match(all))),
        ];
    }

    /// <summary>Lines <c>250-…</c>, and a last one <c>250 …</c>.</summary>
    private static List<string> HearReply(Conversation peer)
    {
        List<string> lines = [];
        do
        {
            lines.Add(peer.HearLine());
            if (!ReplyLine().IsMatch(lines[^1]))
            {
                throw peer.WrongProtocol("no Tor control port");
            }
        } while (lines[^1][3] == '-');
        return lines;
    }

    private static string Told(Match match) => match.Success ? match.Groups[1].Value : "not told";

    [GeneratedRegex("^[0-9]{3}[- ]")]
    private static partial Regex ReplyLine();

    [GeneratedRegex("^250-VERSION Tor=\"([^\"\n]*)\"", RegexOptions.Multiline)]
    private static partial Regex Version();

    [GeneratedRegex("^250-AUTH METHODS=([A-Z,]+)", RegexOptions.Multiline)]
    private static partial Regex Methods();
}
