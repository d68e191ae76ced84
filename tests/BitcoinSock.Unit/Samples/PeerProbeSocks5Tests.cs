using PeerProbe;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The SOCKS5 client of PeerProbe, against proxies played byte by byte.</summary>
public class PeerProbeSocks5Tests
{
    private static readonly HostPort Target = new("10.1.2.3", 0x1234);
    private static readonly Login Login = new("me", "pass");
    private static readonly byte[] NoLogin = [5, 0];
    private static readonly byte[] Bound = [5, 0, 0, 1, 9, 8, 7, 6, 0, 80];

    [Theory]
    [InlineData("10.1.2.3", "01-0A-01-02-03-12-34")]
    [InlineData("::2", "04-00-00-00-00-00-00-00-00-00-00-00-00-00-00-00-02-12-34")]
    [InlineData("ab.c", "03-04-61-62-2E-63-12-34")]
    public void Targets_are_sent_by_their_type_and_names_are_not_looked_up(
        string host,
        string expected
    )
    {
        using Probed proxy = Open(new HostPort(host, 0x1234));
        Assert.Equal([5, 1, 0], proxy.Hears(3));
        proxy.Says(NoLogin);
        Assert.Equal("05-01-00-" + expected, Hex(proxy.Hears(3 + ((expected.Length + 1) / 3))));
        proxy.Says(Bound);
        proxy.Succeeds();
    }

    [Theory]
    [InlineData(
        "bücher.example:4660",
        "03-15-78-6E-2D-2D-62-63-68-65-72-2D-6B-76-61-2E-65-78-61-6D-70-6C-65"
    )]
    [InlineData("[::ffff:10.1.2.3]:4660", "01-0A-01-02-03")]
    public void Targets_are_sent_as_every_proxy_takes_them(string target, string expected)
    {
        Assert.True(HostPort.TryParse(target, out HostPort? parsed));
        using Probed proxy = Open(parsed);
        Assert.Equal([5, 1, 0], proxy.Hears(3));
        proxy.Says(NoLogin);
        int length = 3 + ((expected.Length + 1) / 3) + 2;
        Assert.Equal($"05-01-00-{expected}-12-34", Hex(proxy.Hears(length)));
        proxy.Says(Bound);
        proxy.Succeeds();
    }

    [Theory]
    [InlineData("01-09-08-07-06-00-50", "9.8.7.6:80")]
    [InlineData("04-00-00-00-00-00-00-00-00-00-00-00-00-00-00-00-07-00-50", "[::7]:80")]
    [InlineData("03-03-61-2E-62-00-50", "a.b:80")]
    [InlineData("03-00-00-50", ":80")]
    public void A_reply_is_as_long_as_its_address_and_what_follows_stays_unread(
        string address,
        string bound
    )
    {
        byte[] reply =
        [
            5,
            0,
            0,
            .. Convert.FromHexString(address.Replace("-", "", StringComparison.Ordinal)),
        ];
        using Probed atOnce = Open(Target);
        atOnce.Says([.. NoLogin, .. reply, .. "tunnelled"u8]);
        atOnce.Succeeds();
        Assert.Equal(bound, $"{atOnce.Found["bound"]}");
        Assert.Equal("tunnelled"u8, atOnce.Unread);

        using Probed slowly = Open(Target);
        slowly.SaysSlowly([.. NoLogin, .. reply]);
        slowly.Says("tunnelled");
        slowly.Succeeds();
        Assert.Equal(bound, $"{slowly.Found["bound"]}");
        Assert.Equal("tunnelled"u8, slowly.Unread);
    }

    [Theory]
    [InlineData(1, "general SOCKS server failure")]
    [InlineData(2, "connection not allowed by ruleset")]
    [InlineData(3, "Network unreachable")]
    [InlineData(4, "Host unreachable")]
    [InlineData(5, "Connection refused")]
    [InlineData(6, "TTL expired")]
    [InlineData(7, "Command not supported")]
    [InlineData(8, "Address type not supported")]
    [InlineData(9, "that RFC 1928 does not name (9)")]
    [InlineData(255, "that RFC 1928 does not name (255)")]
    public void Every_refusal_has_its_name(byte code, string name)
    {
        using Probed proxy = Open(Target);
        proxy.Says([.. NoLogin, 5, code, 0, 1]);
        Assert.Contains(name, proxy.Fails(ExitCode.Refused), StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_is_offered_and_made_if_it_is_chosen()
    {
        using Probed proxy = Open(Target, Login);
        Assert.Equal([5, 2, 0, 2], proxy.Hears(4));
        proxy.SaysSlowly(5, 2);
        Assert.Equal("\u0001\u0002me\u0004pass"u8, proxy.Hears(9));
        proxy.SaysSlowly([1, 0, .. Bound]);
        proxy.Succeeds();
    }

    [Fact]
    public void A_login_is_kept_back_from_a_proxy_that_does_without()
    {
        using Probed proxy = Open(Target, Login);
        proxy.Hears(4);
        proxy.Says([.. NoLogin, .. Bound]);
        proxy.Succeeds();
        Assert.Equal("05-01-00-01-0A-01-02-03-12-34", Hex(proxy.Hears(10)));
    }

    [Theory]
    [InlineData("05-FF", (int)ExitCode.Refused, "takes neither")]
    [InlineData("05-01", (int)ExitCode.WrongProtocol, "method 1, which was not offered")]
    [InlineData("04-00", (int)ExitCode.WrongProtocol, "is no SOCKS5 proxy")]
    [InlineData("05-02-01-01", (int)ExitCode.Refused, "rejects the name or the password")]
    [InlineData("05-02-05-00", (int)ExitCode.WrongProtocol, "RFC 1929")]
    [InlineData("05-00-04-00-00-01", (int)ExitCode.WrongProtocol, "is no SOCKS5 proxy")]
    [InlineData("05-00-05-00-00-02", (int)ExitCode.WrongProtocol, "unknown type 2")]
    public void What_no_proxy_should_answer_is_no_success(string said, int code, string why)
    {
        using Probed proxy = Open(Target, Login);
        proxy.Says(Convert.FromHexString(said.Replace("-", "", StringComparison.Ordinal)));
        string told = proxy.Fails((ExitCode)code);
        Assert.Contains(why, told, StringComparison.Ordinal);
        Assert.DoesNotContain("pass\"", told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_that_was_not_offered_is_not_made()
    {
        using Probed asks = Open(Target);
        asks.Says(5, 0xff);
        string told = asks.Fails(ExitCode.Refused);
        Assert.Contains("asks for a login", told, StringComparison.Ordinal);

        using Probed insists = Open(Target);
        insists.Says(5, 2);
        told = insists.Fails(ExitCode.WrongProtocol);
        Assert.Contains("was not offered", told, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_cut_anywhere_is_no_answer()
    {
        byte[] whole = [.. NoLogin, .. Bound];
        for (int length = 0; length < whole.Length; length++)
        {
            using Probed proxy = Open(Target);
            proxy.Hears(3);
            proxy.Says(whole.AsSpan(0, length));
            if (length >= NoLogin.Length)
            {
                proxy.Hears(10);
            }

            proxy.Closes();
            string kept = $"received {length} bytes";
            Assert.Contains(kept, proxy.Fails(ExitCode.Closed), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_proxy_that_says_nothing_costs_no_more_than_the_time_and_an_interrupt_less()
    {
        using Probed silent = Open(Target, timeout: Within.Brief);
        Assert.Contains("received 0", silent.Fails(ExitCode.Timeout), StringComparison.Ordinal);
        using Probed interrupted = Open(Target);
        interrupted.Hears(3);
        interrupted.IsInterrupted();
        string told = interrupted.Fails(ExitCode.Interrupted);
        Assert.Contains("sent 3 bytes, received 0 bytes", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.1", 80)]
    [InlineData("[::1]:80", "::1", 80)]
    [InlineData("a.b:80", "a.b", 80)]
    [InlineData("[::ffff:127.0.0.1]:80", "127.0.0.1", 80)]
    [InlineData("bücher.example:80", "xn--bcher-kva.example", 80)]
    [InlineData("BÜCHER.example:80", "xn--bcher-kva.example", 80)]
    [InlineData("日本。例:80", "xn--wgv71a.xn--fsq", 80)]
    [InlineData("ä..b:80", null, 0)]
    [InlineData("ä b:80", null, 0)]
    [InlineData("a.b", null, 0)]
    [InlineData("a.b:0", null, 0)]
    [InlineData("a.b:65536", null, 0)]
    [InlineData("::1:80", null, 0)]
    [InlineData("[a.b]:80", null, 0)]
    public void Targets_are_written_as_everywhere(string text, string? host, int port)
    {
        Assert.Equal(host is not null, HostPort.TryParse(text, out HostPort? parsed));
        Assert.Equal(host is null ? null : new HostPort(host, port), parsed);
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void A_name_has_as_many_bytes_as_one_byte_can_count(int bytes, bool fits)
    {
        string name = new('a', bytes);
        Assert.Equal(fits, HostPort.TryParse(name + ":80", out _));
        Assert.False(HostPort.TryParse(new string('é', bytes) + ":80", out _));
    }

    private static Probed Open(HostPort target, Login? login = null, TimeSpan? timeout = null) =>
        new((proxy, found) => found["bound"] = $"{Socks5.Open(proxy, target, login)}", timeout);

    private static string Hex(byte[] bytes) => BitConverter.ToString(bytes);
}
