using System.Globalization;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public sealed partial class GuideTests
{
    private static void ConnectBySocks5(
        ISock proxy,
        string host,
        ushort port,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        // bücher.example is xn--bcher-kva.example; what is ASCII goes as it is.
        string ascii = Ascii.IsValid(host)
            ? host
            : new IdnMapping().GetAscii(host.ToLowerInvariant());
        byte[] name = Encoding.ASCII.GetBytes(ascii);
        if (name.Length is 0 or > 255)
        {
            throw new ArgumentException($"a name has 1 to 255 bytes, not {name.Length}");
        }

        byte[] request = [5, 1, 0, 3, (byte)name.Length, .. name, (byte)(port >> 8), (byte)port];

        proxy.SendComplete([5, 1, 0], timeout, interrupt); // version 5, one method: none
        Span<byte> method = stackalloc byte[2];
        proxy.RecvComplete(method, timeout, interrupt);
        if (method is not [5, 0])
        {
            throw new IOException($"to 'no authentication' it answers {method[0]} {method[1]}");
        }

        proxy.SendComplete(request, timeout, interrupt);
        Span<byte> reply = stackalloc byte[4];
        proxy.RecvComplete(reply, timeout, interrupt);
        if (reply is not [5, 0, ..])
        {
            throw new IOException($"the proxy refuses {host}:{port} with {reply[1]}");
        }

        byte type = reply[3];
        Span<byte> first = stackalloc byte[1]; // of the address: if it is a name, its length
        proxy.RecvComplete(first, timeout, interrupt);
        int more = type switch
        {
            1 => 3 + 2,
            3 => first[0] + 2,
            4 => 15 + 2,
            _ => throw new IOException($"the proxy is bound to an address of type {type}"),
        };
        proxy.RecvComplete(new byte[more], timeout, interrupt); // and a port of two bytes
    }

    [Fact]
    public void Socks5()
    {
        byte[] method = [5, 0];
        byte[] reply = [5, 0, 0, 1, 127, 0, 0, 1, 31, 64];
        _far.SendComplete([.. method, .. reply, .. "the target speaks"u8], _timeout);

        ConnectBySocks5(_near, "example.onion", 8333, _timeout, _interrupt);

        byte[] asked = new byte[3 + 7 + 13];
        _far.RecvComplete(asked, _timeout);
        Assert.Equal([5, 1, 0, 5, 1, 0, 3, 13, .. "example.onion"u8, 32, 141], asked);
        byte[] rest = new byte[17];
        _near.RecvComplete(rest, _timeout);
        Assert.Equal("the target speaks"u8, rest);
    }

    [Theory]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.Example", "xn--bcher-kva.example")]
    [InlineData("日本.例", "xn--wgv71a.xn--fsq")]
    [InlineData("Under_score.Onion", "Under_score.Onion")]
    public void Socks5_names_go_as_ASCII(string host, string sent)
    {
        _far.SendComplete([5, 0, 5, 0, 0, 1, 127, 0, 0, 1, 31, 64], _timeout);
        ConnectBySocks5(_near, host, 80, _timeout, _interrupt);

        byte[] asked = new byte[3 + 7 + sent.Length];
        _far.RecvComplete(asked, _timeout);
        Assert.Equal(sent.Length, asked[7]);
        Assert.Equal(sent, Encoding.ASCII.GetString(asked, 8, sent.Length));
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    [InlineData(0, false)]
    public void Socks5_names_that_do_not_fit_are_refused_before_a_byte_is_sent(
        int length,
        bool fits
    )
    {
        string host = new('a', length);
        if (fits)
        {
            _far.SendComplete([5, 0, 5, 0, 0, 1, 127, 0, 0, 1, 31, 64], _timeout);
            ConnectBySocks5(_near, host, 80, _timeout, _interrupt);
            Assert.Equal(3 + 7 + length, _far.Peek(1000).Length);
        }
        else
        {
            var refused = Assert.Throws<ArgumentException>(() =>
                ConnectBySocks5(_near, host, 80, _timeout, _interrupt)
            );
            Assert.Contains($"not {length}", refused.Message, StringComparison.Ordinal);
            Assert.Empty(_far.Peek(1000));
        }
    }

    [Fact]
    public void Socks5_names_that_are_none_in_ASCII_are_refused_before_a_byte_is_sent()
    {
        string host = new('é', 64); // one label has 63 bytes at most
        Assert.Throws<ArgumentException>(() =>
            ConnectBySocks5(_near, host, 80, _timeout, _interrupt)
        );
        Assert.Empty(_far.Peek(1000));
    }
}
