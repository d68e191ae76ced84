using System.Text;
using PeerProbe;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The client of Tor's control port, against ports played byte by byte.</summary>
public sealed class PeerProbeTorTests : IDisposable
{
    private const string Known =
        "250-version=0.4.9\r\n250-network-liveness=up\r\n250-status/bootstrap-phase=x=\"y\"\r\n";

    private static readonly byte[] Cookie = [.. Enumerable.Range(0xa0, 32).Select(i => (byte)i)];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("peer é probe");

    private string CookieFile => Path.Join(_folder.FullName, "cookie");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Without_a_login_it_goes_straight_in()
    {
        using var tor = new Probed(TorCommand.Ask);
        Assert.Equal("PROTOCOLINFO 1\r", tor.HearsLine());
        tor.SaysSlowly(Encoding.ASCII.GetBytes(Info("NULL,COOKIE")));
        Assert.Equal("AUTHENTICATE\r", tor.HearsLine());
        tor.SaysSlowly("250 OK\r\n"u8);
        Assert.StartsWith("GETINFO version ", tor.HearsLine(), StringComparison.Ordinal);
        tor.SaysSlowly(Encoding.ASCII.GetBytes(Known + "250 OK\r\n"));
        tor.Says("650 what follows");
        tor.Succeeds();
        Assert.Equal("650 what follows"u8, tor.Unread);
        Assert.Equal("0.4.9", $"{tor.Found["version"]}");
        Assert.Equal("up", $"{tor.Found["network-liveness"]}");
        Assert.Equal("x=\"y\"", $"{tor.Found["status/bootstrap-phase"]}");
        Assert.Equal("NULL", $"{tor.Found["authenticated_by"]}");
    }

    [Fact]
    public void The_cookie_is_sent_and_never_told_even_if_it_comes_back()
    {
        File.WriteAllBytes(CookieFile, Cookie);
        using var tor = new Probed(TorCommand.Ask);
        tor.Says(Info("COOKIE,SAFECOOKIE", Escape(CookieFile)));
        tor.HearsLine();
        string secret = Convert.ToHexString(Cookie);
        Assert.Equal($"AUTHENTICATE {secret}\r", tor.HearsLine());
        tor.Says("250 OK\r\n");
        tor.HearsLine();
        tor.Says($"250-network-liveness={secret.ToLowerInvariant()}\r\n{secret}\r\n");
        string told = tor.Fails(ExitCode.WrongProtocol);
        Assert.Equal(CookieFile, $"{tor.Found["cookie_file"]}");
        AssertUntold(secret, told, told + tor.Found + tor.Trace);
    }

    [Fact]
    public void A_rejected_cookie_is_a_refusal_that_does_not_tell_it()
    {
        File.WriteAllBytes(CookieFile, Cookie);
        using var tor = new Probed(TorCommand.Ask);
        tor.Says(Info("COOKIE", Escape(CookieFile)));
        string secret = Convert.ToHexString(Cookie);
        tor.Says($"515 {secret} is wrong\r\n");
        string told = tor.Fails(ExitCode.Refused);
        Assert.Contains("515 (cookie) is wrong", told, StringComparison.Ordinal);
        AssertUntold(secret, told, told + tor.Found + tor.Trace);
        Assert.False(tor.Found.ContainsKey("authenticated_by"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_file_that_cannot_be_a_cookie_is_not_sent(int length)
    {
        File.WriteAllBytes(CookieFile, new byte[length]);
        using var tor = new Probed(TorCommand.Ask);
        tor.Says(Info("COOKIE", Escape(CookieFile)));
        tor.HearsLine();
        string told = tor.Fails(ExitCode.Refused);
        Assert.Contains("has not 32 bytes", told, StringComparison.Ordinal);
        Assert.Contains("sent 16 bytes", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"/nowhere/\""at\"" all", "/nowhere/\"at\" all")]
    [InlineData("", "")]
    [InlineData(@"\000", "\0")]
    public void A_file_that_is_not_there_is_told(string escaped, string path)
    {
        using var tor = new Probed(TorCommand.Ask);
        tor.Says(Info("COOKIE", escaped));
        Assert.Contains("cannot be read", tor.Fails(ExitCode.Refused), StringComparison.Ordinal);
        Assert.Equal(path, $"{tor.Found["cookie_file"]}");
    }

    [Fact]
    public void A_password_is_nothing_that_it_has()
    {
        using var tor = new Probed(TorCommand.Ask);
        tor.Says(Info("HASHEDPASSWORD"));
        tor.Fails(ExitCode.Refused);
        Assert.Equal("0.4.9", $"{tor.Found["version"]}");
    }

    [Fact]
    public void Values_of_many_lines_are_read_over()
    {
        using var tor = new Probed(TorCommand.Ask);
        tor.Says(Info("NULL") + "250 OK\r\n");
        tor.Says("250+config-text=\r\n250 no end\r\n..\r\n.\r\n" + Known + "250 OK\r\n");
        tor.Succeeds();
        Assert.Equal("up", $"{tor.Found["network-liveness"]}");
    }

    [Fact]
    public void Events_are_no_answer()
    {
        using var tor = new Probed(TorCommand.Ask);
        tor.Says("650 BW 1 2\r\n" + Info("NULL"));
        tor.Says("650-CONF_CHANGED\r\n650+x\r\n250 OK\r\n.\r\n650 OK\r\n250 OK\r\n");
        tor.Says("650 BW 3 4\r\n" + Known + "250 OK\r\n");
        tor.Says("650 what follows");
        tor.Succeeds();
        Assert.Equal("up", $"{tor.Found["network-liveness"]}");
        Assert.Equal("650 what follows"u8, tor.Unread);
    }

    [Fact]
    public void A_line_without_end_has_one()
    {
        using var tor = new Probed(TorCommand.Ask);
        tor.Says("250-" + new string('x', Conversation.LinesMax - 4));
        Assert.Contains("more than 64 KiB", tor.Fails(ExitCode.TooLong), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_without_end_have_one()
    {
        using var tor = new Probed(TorCommand.Ask);
        tor.Says(string.Concat(Enumerable.Repeat("250-x\r\n", Conversation.LinesMax / 7)));
        tor.Says("250-x");
        tor.Fails(ExitCode.TooLong);
    }

    [Theory]
    [InlineData("SSH-2.0-x\r\n")]
    [InlineData("250\r\n")]
    [InlineData("250 OK\r\n")]
    [InlineData("515 no\r\n")]
    public void What_is_no_Tor_is_told(string line)
    {
        using var tor = new Probed(TorCommand.Ask);
        tor.Says(line);
        Assert.Contains(
            "is no Tor control port",
            tor.Fails(ExitCode.WrongProtocol),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("/a b/c", "/a b/c")]
    [InlineData(@"\\ \"" \n\t\r", "\\ \" \n\t\r")]
    [InlineData(@"\303\251\7x\0601\8", "é\ax018")]
    [InlineData(@"\q\", @"q\")]
    [InlineData("é", "é")]
    public void Strings_are_unescaped(string escaped, string expected) =>
        Assert.Equal(expected, TorString.Unescape(escaped));

    private static string Info(string methods, string? file = null) =>
        $"250-PROTOCOLINFO 1\r\n250-AUTH METHODS={methods}"
        + (file is null ? "" : $" COOKIEFILE=\"{file}\"")
        + "\r\n250-VERSION Tor=\"0.4.9\"\r\n250 OK\r\n";

    // As Tor does.
    private static string Escape(string path) =>
        string.Concat(
            Encoding
                .UTF8.GetBytes(path)
                .Select(b =>
                    b is >= 0x20 and < 0x7f
                        ? (b is (byte)'"' or (byte)'\\' ? "\\" : "") + (char)b
                        : $"\\{Convert.ToString(b, 8)}"
                )
        );

    private static void AssertUntold(string secret, string failure, string everything)
    {
        Assert.Contains("which are not shown", failure, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, everything, StringComparison.OrdinalIgnoreCase);
    }
}
