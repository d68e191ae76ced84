using System.Text.RegularExpressions;

namespace PeerProbe;

/// <summary>
/// The SAM bridge of an I2P router: <c>HELLO VERSION</c>. Other commands are answered by lines with
/// private keys; nothing of such a line may ever be printed.
/// </summary>
internal sealed partial class SamCommand()
    : ProbeCommand(
        "sam",
        "Asks the SAM bridge of an I2P router for its version.",
        "a SAM bridge usually listens on 7656, once enabled (i2pd --sam.enabled=1)"
    )
{
    protected override string Title => "SAM bridge";

    protected override IReadOnlyList<Fact> Ask(Conversation peer)
    {
        peer.Say("HELLO VERSION MIN=3.1 MAX=3.1\n");
        Match reply = HelloReply().Match(peer.HearLine());
        if (!reply.Success)
        {
            throw peer.WrongProtocol("no SAM bridge");
        }

        return reply.Groups["result"].Value == "OK"
            ? [new Fact("version", reply.Groups["version"].Value)]
            : throw peer.WrongProtocol("a SAM bridge without version 3.1", "a newer I2P router");
    }

    [GeneratedRegex("^HELLO REPLY RESULT=(?<result>[A-Z0-9_]+)( VERSION=(?<version>[0-9.]+))?")]
    private static partial Regex HelloReply();
}
