using System.CommandLine;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// The control port of Tor: <c>PROTOCOLINFO</c>, <c>AUTHENTICATE</c> with nothing or with the
/// cookie, <c>GETINFO</c>. The cookie is the key to that Tor, so it is never printed.
/// </summary>
internal sealed partial class TorCommand()
    : ProbeCommand("tor", "Logs in to the control port of Tor and asks how it is.")
{
    public const string Advice =
        "a control port usually is 9051, once enabled (tor --ControlPort 9051)";

    private const int CookieLength = 32;

    // Every Tor of these ten years knows them; of one that it does not it would answer none.
    private static readonly string[] Keys =
    [
        "version",
        "network-liveness",
        "status/bootstrap-phase",
    ];

    protected override string Title => "Tor control port";

    protected override void Ask(ParseResult given, Errand errand, JsonObject found)
    {
        HostPort address = given.GetRequiredValue(Address);
        using Sock sock = Connecting.To(address, errand, Advice);
        Ask(new Conversation(sock, address, errand, Advice), found);
    }

    internal static void Ask(Conversation peer, JsonObject found)
    {
        List<string> reply = AskFor(peer, "PROTOCOLINFO 1");
        if (reply is not ["250-PROTOCOLINFO 1", .., "250 OK"])
        {
            throw peer.WrongProtocol("is no Tor control port");
        }

        string all = string.Join('\n', reply);
        Match auth = AuthLine().Match(all);
        string[] methods = auth.Groups["methods"].Value.Split(',');
        found["version"] = VersionLine().Match(all).Groups["version"].Value;
        found["auth_methods"] = new JsonArray([.. methods]);
        string cookie = "";
        if (!methods.Contains("NULL"))
        {
            if (!methods.Contains("COOKIE"))
            {
                const string WhatToDo = "tor with --CookieAuthentication 1";
                throw peer.Refused("asks for more than a cookie", WhatToDo);
            }

            string file = TorString.Unescape(auth.Groups["file"].Value);
            found["cookie_file"] = file;
            cookie = ReadCookie(peer, file);
        }

        Authenticate(peer, cookie);
        found["authenticated_by"] = cookie == "" ? "NULL" : "COOKIE";
        foreach (string line in AskFor(peer, $"GETINFO {string.Join(' ', Keys)}", cookie))
        {
            if (line[4..].Split('=', 2) is [var key, var value] && Keys.Contains(key))
            {
                found[key] = value;
            }
        }
    }

    private static void Authenticate(Conversation peer, string cookie)
    {
        if (cookie != "")
        {
            peer.Hush();
        }

        string answer = AskFor(peer, $"AUTHENTICATE {cookie}".TrimEnd(), cookie)[^1];
        if (!answer.StartsWith("250 ", StringComparison.Ordinal))
        {
            string why = $"does not let us in: {Printable.Text(answer)}";
            throw peer.Refused(why, "its log");
        }
    }

    /// <summary>In hexadecimal digits.</summary>
    /// <remarks>
    /// Whoever plays a Tor chooses the file that it is told: one of another length is not sent, and
    /// one that is no plain file, which has the length 0, is not even opened.
    /// </remarks>
    private static string ReadCookie(Conversation peer, string path)
    {
        const string WhatToDo = "as the user who may read it, on the machine of that Tor";
        string why;
        try
        {
            byte[] cookie =
                new FileInfo(path).Length == CookieLength ? File.ReadAllBytes(path) : [];
            if (cookie.Length == CookieLength)
            {
                return Convert.ToHexString(cookie);
            }

            why = $"has not {CookieLength} bytes";
        }
        catch (Exception failed)
            when (failed is IOException or UnauthorizedAccessException or ArgumentException)
        {
            why = "cannot be read";
        }

        throw peer.Refused($"asks for a cookie file that {why}: {Printable.Text(path)}", WhatToDo);
    }

    /// <summary>
    /// The lines of the answer. Tor's codes that begin with 6 are events, whatever was asked.
    /// </summary>
    /// <param name="peer">Who.</param>
    /// <param name="question">The question.</param>
    /// <param name="secret">What is left out wherever the answer repeats it.</param>
    private static List<string> AskFor(Conversation peer, string question, string secret = "")
    {
        peer.Say(question + "\r\n");
        List<string> lines;
        do
        {
            lines = HearReply(peer, secret);
        } while (lines[0] is ['6', ..]);
        return lines;
    }

    /// <summary>
    /// One reply, or one event: <c>250-…</c>, perhaps <c>250+…</c> with more lines up to a dot, and
    /// a last one <c>250 …</c>.
    /// </summary>
    private static List<string> HearReply(Conversation peer, string secret)
    {
        List<string> lines = [];
        do
        {
            string line = peer.HearLine();
            if (!ReplyLine().IsMatch(line))
            {
                throw peer.WrongProtocol("is no Tor control port");
            }

            while (line[3] == '+' && peer.HearLine() != ".") { }
            lines.Add(
                secret == ""
                    ? line
                    : line.Replace(secret, "(cookie)", StringComparison.OrdinalIgnoreCase)
            );
        } while (lines[^1][3] != ' ');
        return lines;
    }

    [GeneratedRegex("^[0-9]{3}[-+ ]")]
    private static partial Regex ReplyLine();

    [GeneratedRegex("^250-VERSION Tor=\"(?<version>[^\"\n]*)\"", RegexOptions.Multiline)]
    private static partial Regex VersionLine();

    [GeneratedRegex(
        """^250-AUTH METHODS=(?<methods>[A-Z,]+)( COOKIEFILE="(?<file>([^"\\\n]|\\.)*)")?""",
        RegexOptions.Multiline
    )]
    private static partial Regex AuthLine();
}
