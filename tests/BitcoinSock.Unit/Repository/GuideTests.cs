using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The recipes of docs/guide.md, each against a peer that was scripted.</summary>
public sealed partial class GuideTests : IDisposable
{
    private readonly Sock _near;
    private readonly Sock _far;
    private readonly TimeSpan _timeout = TimeSpan.FromSeconds(5);
    private readonly ThreadInterrupt _interrupt = new();

    public GuideTests() => (_near, _far) = Sock.CreatePair();

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
    }

    [Fact]
    public void One_time_limit_for_several_steps()
    {
        Sock sock = _near;
        ThreadInterrupt interrupt = _interrupt;
        _far.SendComplete("one\n", _timeout);
        var lines = new List<string>();

        using var both = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
        both.CancelAfter(TimeSpan.FromSeconds(0.1));
        TimeSpan eachStep = TimeSpan.FromSeconds(60);
        try
        {
            while (true)
            {
                lines.Add(sock.RecvUntilTerminator((byte)'\n', eachStep, both.Token, 1000));
            }
        }
        catch (SockInterruptedException) when (!interrupt.AsBool())
        {
            Console.Error.WriteLine($"the time is up after {lines.Count} lines");
        }

        Assert.Equal(["one"], lines);
    }

    [Fact]
    public void Going_on_after_a_timeout()
    {
        Sock sock = _near;
        ThreadInterrupt interrupt = _interrupt;
        using Timer rest = new(_ => _far.SendComplete("LO\n", _timeout), null, 300, -1);
        _far.SendComplete("HEL", _timeout);

        byte[] line = new byte[1000];
        TimeSpan brief = TimeSpan.FromSeconds(0.1);
        SockOutcome outcome = sock.TryRecvUntilTerminator((byte)'\n', line, brief, interrupt);
        int have = outcome.Count;
        if (outcome.Status == SockStatus.Timeout) // "HEL" has come, and is in line
        {
            Span<byte> room = line.AsSpan(have);
            outcome = sock.TryRecvUntilTerminator((byte)'\n', room, 50 * brief, interrupt);
            have += outcome.Count;
        }

        Assert.True(outcome.IsOk);
        Assert.Equal("HELLO"u8, line.AsSpan(0, have));
    }

    [Fact]
    public void Closing_so_that_the_last_bytes_arrive()
    {
        Sock sock = _near;
        ThreadInterrupt interrupt = _interrupt;
        _far.SendComplete("farewell", _timeout);
        _far.ShutdownSend();

        sock.ShutdownSend(); // the peer reads all that was sent, then the end
        byte[] rest = new byte[4096];
        SockOutcome outcome;
        do
        {
            outcome = sock.TryRecvComplete(rest, TimeSpan.FromSeconds(5), interrupt);
        } while (outcome.IsOk);
        sock.Dispose(); // nothing is unread, so nothing is reset

        Assert.Equal((SockStatus.Closed, 8), (outcome.Status, outcome.Count));
    }

    private static void ConnectBySocks5(
        ISock proxy,
        string host,
        ushort port,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        byte[] name = Encoding.ASCII.GetBytes(host);
        byte length = checked((byte)name.Length);
        byte[] request = [5, 1, 0, 3, length, .. name, (byte)(port >> 8), (byte)port];

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

    private static string AskSam(
        ISock sam,
        string line,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        sam.SendComplete(line + "\n", timeout, interrupt);
        return sam.RecvUntilTerminator((byte)'\n', timeout, interrupt, maxData: 65536);
    }

    [Fact]
    public void Sam()
    {
        Sock sam = _near;
        TimeSpan timeout = _timeout;
        ThreadInterrupt interrupt = _interrupt;
        _far.SendComplete("HELLO REPLY RESULT=OK VERSION=3.1\n", _timeout);
        _far.SendComplete("STREAM STATUS RESULT=OK\nAAAA~B64 FROM_PORT=0\n<their bytes>", _timeout);

        string hello = AskSam(sam, "HELLO VERSION MIN=3.1 MAX=3.1", timeout, interrupt);
        string status = AskSam(sam, "STREAM ACCEPT ID=me SILENT=false", timeout, interrupt);
        string caller = sam.RecvUntilTerminator((byte)'\n', timeout, interrupt, maxData: 65536);
        // Their bytes follow at once, and not one has been read: hand the socket on.

        Assert.Equal("HELLO REPLY RESULT=OK VERSION=3.1", hello);
        Assert.Equal("STREAM STATUS RESULT=OK", status);
        Assert.Equal("AAAA~B64 FROM_PORT=0", caller);
        byte[] theirs = new byte[13];
        sam.RecvComplete(theirs, timeout);
        Assert.Equal("<their bytes>"u8, theirs);
    }

    private static List<string> AskTor(
        ISock control,
        string command,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        control.SendComplete(command + "\r\n", timeout, interrupt);
        var reader = new FrameReader(control, "\r\n"u8, maxFrame: 100_000, window: 4096);
        var lines = new List<string>();
        bool isData = false;
        do
        {
            lines.Add(Encoding.UTF8.GetString(reader.Read(timeout, interrupt)));
            // 250+key= begins data, up to a dot; 250- says that more follows, 250 and a blank not.
            isData = isData ? lines[^1] != "." : lines[^1] is [_, _, _, '+', ..];
        } while (lines.Count < 1000 && (isData || lines[^1] is "." or [_, _, _, '-', ..]));
        return lines;
    }

    [Fact]
    public void Tor()
    {
        _far.SendComplete(
            "250-version=0.4\r\n250+ns=\r\nr moria1-\r\n.\r\n250 OK\r\n650 x",
            _timeout
        );
        Assert.Equal(
            ["250-version=0.4", "250+ns=", "r moria1-", ".", "250 OK"],
            AskTor(_near, "GETINFO version ns", _timeout, _interrupt)
        );
        byte[] rest = new byte[5];
        _near.RecvComplete(rest, _timeout);
        Assert.Equal("650 x"u8, rest);
    }

    private static (string Command, byte[] Payload) ReadMessage(
        ISock peer,
        uint magic,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        Span<byte> header = stackalloc byte[24]; // magic, command, length, checksum
        peer.RecvComplete(header, timeout, interrupt);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != magic || length > 4_000_000)
        {
            throw new InvalidDataException("this is no header of our network");
        }

        byte[] payload = new byte[length];
        peer.RecvComplete(payload, timeout, interrupt);
        byte[] hash = SHA256.HashData(SHA256.HashData(payload));
        return header[20..].SequenceEqual(hash.AsSpan(0, 4))
            ? (Encoding.ASCII.GetString(header[4..16]).TrimEnd('\0'), payload)
            : throw new InvalidDataException("the payload is not what its checksum says");
    }

    private static void WriteMessage(
        ISock peer,
        uint magic,
        string command,
        ReadOnlySpan<byte> payload,
        TimeSpan timeout,
        CancellationToken interrupt
    )
    {
        Span<byte> header = stackalloc byte[24];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, magic);
        Encoding.ASCII.GetBytes(command, header[4..16]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], payload.Length);
        SHA256.HashData(SHA256.HashData(payload)).AsSpan(0, 4).CopyTo(header[20..]);
        peer.SendComplete(header, payload, timeout, interrupt); // by one sendmsg(2)
    }

    [Fact]
    public void Messages()
    {
        const uint Regtest = 0xdab5bffa;
        WriteMessage(_near, Regtest, "ping", [1, 2, 3, 4, 5, 6, 7, 8], _timeout, _interrupt);
        (string command, byte[] payload) = ReadMessage(_far, Regtest, _timeout, _interrupt);
        Assert.Equal("ping", command);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], payload);
        WriteMessage(_near, Regtest, "verack", [], _timeout, _interrupt);
        Assert.Equal("verack", ReadMessage(_far, Regtest, _timeout, _interrupt).Command);
        WriteMessage(_near, Regtest, "ping", [1], _timeout, _interrupt);
        Assert.Throws<InvalidDataException>(() => ReadMessage(_far, 1, _timeout, _interrupt));
    }
}
