using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// The SAM bridge of an I2P router: <c>HELLO VERSION</c>, <c>DEST GENERATE</c>, <c>NAMING
/// LOOKUP</c>. The second is answered by a private key, of which nothing may ever be printed; the
/// key is used for nothing and forgotten.
/// </summary>
internal sealed partial class SamCommand()
    : ProbeCommand(
        "sam",
        "Asks the SAM bridge of an I2P router for its version, a destination and a name."
    )
{
    public const string Advice =
        "a SAM bridge usually listens on 7656, once enabled (i2pd --sam.enabled=1)";

    private const string NoSam = "is no SAM bridge";

    protected override string Title => "SAM bridge";

    protected override void Ask(ParseResult given, Errand errand, JsonObject found)
    {
        HostPort address = given.GetRequiredValue(Address);
        using Sock sock = Connecting.To(address, errand, Advice);
        Ask(new Conversation(sock, address, errand, Advice), found);
    }

    internal static void Ask(Conversation peer, JsonObject found)
    {
        Match hello = AskFor(HelloReply(), peer, "HELLO VERSION MIN=3.1 MAX=3.1\n");
        if (Result(hello) != "OK")
        {
            throw peer.Refused($"does not speak SAM 3.1: {Result(hello)}", "a newer I2P router");
        }

        found["version"] = hello.Groups["version"].Value;
        peer.Hush();
        int before = peer.Received;
        Match pair = AskFor(DestReply(), peer, "DEST GENERATE SIGNATURE_TYPE=7\n");
        if (pair.Groups["result"].Success)
        {
            throw peer.Refused($"generates no destination: {Result(pair)}", "its log");
        }

        byte[] destination = FromBase64(pair.Groups["pub"].Value);
        if (
            destination.Length == 0
            || !FromBase64(pair.Groups["priv"].Value).AsSpan().StartsWith(destination)
        )
        {
            throw peer.WrongProtocol("generates a private key that is not of its destination");
        }

        found["generated"] = Base32Address(destination);
        found["generated_answer_bytes"] = peer.Received - before;

        // The one name that needs no network.
        Match name = AskFor(NamingReply(), peer, "NAMING LOOKUP NAME=ME\n");
        found["lookup_of_me"] = Result(name);
        if (FromBase64(name.Groups["value"].Value) is [_, ..] me)
        {
            found["lookup_of_me_address"] = Base32Address(me);
        }
    }

    private static Match AskFor(Regex reply, Conversation peer, string question)
    {
        peer.Say(question);
        Match match = reply.Match(peer.HearLine());
        return match.Success ? match : throw peer.WrongProtocol(NoSam);
    }

    private static string Result(Match reply) => reply.Groups["result"].Value;

    /// <summary>None if it is not the Base64 of I2P.</summary>
    private static byte[] FromBase64(string text)
    {
        byte[] bytes = new byte[text.Length];
        string usual = text.Replace('-', '+').Replace('~', '/');
        return Convert.TryFromBase64String(usual, bytes, out int length) ? bytes[..length] : [];
    }

    /// <summary>The short name of a destination, by which others find it.</summary>
    private static string Base32Address(byte[] destination)
    {
        const string Digits = "abcdefghijklmnopqrstuvwxyz234567";
        byte[] hash = [.. SHA256.HashData(destination), 0];
        IEnumerable<char> digits = Enumerable
            .Range(0, 52)
            .Select(i => i * 5)
            .Select(bit => ((hash[bit / 8] << 8) | hash[(bit / 8) + 1]) >> (11 - (bit % 8)))
            .Select(five => Digits[five & 31]);
        return string.Concat(digits) + ".b32.i2p";
    }

    [GeneratedRegex("^HELLO REPLY RESULT=(?<result>[A-Z0-9_]+)( VERSION=(?<version>[0-9.]+))?")]
    private static partial Regex HelloReply();

    [GeneratedRegex(
        "^DEST REPLY (PUB=(?<pub>[A-Za-z0-9~=-]+) PRIV=(?<priv>[A-Za-z0-9~=-]+)$"
            + "|RESULT=(?<result>[A-Z0-9_]+))"
    )]
    private static partial Regex DestReply();

    [GeneratedRegex(
        "^NAMING REPLY RESULT=(?<result>[A-Z0-9_]+)( NAME=ME)?( VALUE=(?<value>[A-Za-z0-9~=-]+))?"
    )]
    private static partial Regex NamingReply();
}
