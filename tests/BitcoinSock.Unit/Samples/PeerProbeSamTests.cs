using PeerProbe;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The SAM client of PeerProbe: the command as a whole, what it never prints.</summary>
public class PeerProbeSamTests
{
    private const string Hello = "HELLO REPLY RESULT=OK VERSION=3.1\n";

    // Not the keys of anybody: the digits of I2P's Base64 in their order, and others behind them.
    private static readonly string Public =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-~";
    private static readonly string Private = Public + string.Concat(Public.Reverse());

    // By sha256sum and base32 of those bytes.
    private const string Address = "pxfbukmu6f6qb7gjynfwpyvzzmgqopqxq5lhgbadywwadfmgtqaq.b32.i2p";

    public static TheoryData<string, string> Answers =>
        new()
        {
            {
                $"DEST REPLY PUB={Public} PRIV={Private}\nNAMING REPLY RESULT=OK VALUE=AAAA\n",
                "ok"
            },
            { $"DEST REPLY PUB={Public} PRIV={Private}\n{Private}\n", "wrong_protocol" },
            { $"DEST REPLY PUB={Public} PRIV={Private}\nNAMING REPLY RESULT=", "closed" },
            { $"DEST REPLY PUB={Public} PRIV={Private}\n", "closed" },
            { $"DEST REPLY PUB={Public} PRIV={Private}", "closed" },
            { $"DEST REPLY PRIV={Private} PUB={Public}\n", "wrong_protocol" },
            { $"DEST REPLY PUB=AAAA PRIV={Private}\n", "wrong_protocol" },
            { $"DEST REPLY PUB=? PRIV={Private}\n", "wrong_protocol" },
            { $"DEST REPLY RESULT=I2P_ERROR MESSAGE={Private}\n", "refused" },
            { $"{Private}\n", "wrong_protocol" },
            { Private + new string('x', Conversation.LinesMax), "too_long" },
        };

    [Theory]
    [MemberData(nameof(Answers))]
    public void The_private_key_is_nowhere_whatever_the_bridge_answers(string answer, string status)
    {
        foreach (string format in (string[])["--json", "--trace"])
        {
            ProbeRun run = ProbeRun.Of(new SamCommand(), [format, "--trace"], Hello + answer);
            for (int i = 0; i + 8 <= Private.Length; i++)
            {
                string part = Private.Substring(i, 8);
                Assert.DoesNotContain(part, run.Output + run.Errors, StringComparison.Ordinal);
            }

            Assert.Contains("3.1", run.Output, StringComparison.Ordinal);
            Assert.Contains(" ms  peek 2048: ", run.Errors, StringComparison.Ordinal);
            if (format == "--json")
            {
                Assert.Equal(status, $"{run.Json["status"]}");
            }
        }
    }

    [Fact]
    public void A_destination_and_a_name_are_told_by_their_address()
    {
        using var bridge = new Probed(SamCommand.Ask);
        Assert.Equal("HELLO VERSION MIN=3.1 MAX=3.1", bridge.HearsLine());
        bridge.SaysSlowly("HELLO REPLY RESULT=OK VERSION=3.1\n"u8);
        Assert.Equal("DEST GENERATE SIGNATURE_TYPE=7", bridge.HearsLine());
        bridge.Says($"DEST REPLY PUB={Public} PRIV=");
        bridge.Says(Private + "\n");
        Assert.Equal("NAMING LOOKUP NAME=ME", bridge.HearsLine());
        bridge.Says($"NAMING REPLY RESULT=OK NAME=ME VALUE={Public}\nwhat follows");
        bridge.Succeeds();
        Assert.Equal("what follows"u8, bridge.Unread);
        Assert.Equal("3.1", $"{bridge.Found["version"]}");
        Assert.Equal(Address, $"{bridge.Found["generated"]}");
        Assert.Equal(Address, $"{bridge.Found["lookup_of_me_address"]}");
    }

    [Fact]
    public void A_name_that_is_not_found_is_an_answer_too()
    {
        using var bridge = new Probed(SamCommand.Ask);
        bridge.Says($"{Hello}DEST REPLY PUB={Public} PRIV={Private}\n");
        bridge.Says("NAMING REPLY RESULT=KEY_NOT_FOUND NAME=ME\n");
        bridge.Succeeds();
        Assert.Equal("KEY_NOT_FOUND", $"{bridge.Found["lookup_of_me"]}");
    }

    [Fact]
    public void A_bridge_of_other_versions_is_refused_and_what_is_none_is_shown()
    {
        using var old = new Probed(SamCommand.Ask);
        old.Says("HELLO REPLY RESULT=NOVERSION\n");
        Assert.Contains("NOVERSION", old.Fails(ExitCode.Refused), StringComparison.Ordinal);
        using var other = new Probed(SamCommand.Ask);
        other.Says("220 mail\r\n");
        string told = other.Fails(ExitCode.WrongProtocol);
        Assert.Contains("\"220 mail\\r\\n\"", told, StringComparison.Ordinal);
    }
}
