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
