using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public sealed partial class GuideTests
{
    private readonly List<string> _handled = [];

    private void Handle(ReadOnlySpan<byte> frame) => _handled.Add(Encoding.ASCII.GetString(frame));

    private void Handle(string command, ReadOnlySpan<byte> payload) =>
        _handled.Add($"{command} of {payload.Length} bytes");

    [Fact]
    public void Frames_that_are_settled_together()
    {
        Sock sock = _near;
        TimeSpan timeout = TimeSpan.FromSeconds(1);
        ThreadInterrupt interrupt = _interrupt;
        _far.SendComplete("one\ntwo\n\nthe next protocol", _timeout);

        using var frames = new FrameReader(sock, (byte)'\n', maxFrame: 65536) { IsDeferred = true };
        ReadOnlySpan<byte> frame = frames.Read(timeout, interrupt);
        while (!frame.IsEmpty)
        {
            Handle(frame); // it is in the reader's memory: no call, and no copy
            frame = frames.Read(timeout, interrupt);
        }

        frames.Settle(timeout, interrupt); // what follows is another protocol's

        Assert.Equal(["one", "two"], _handled);
        Assert.Equal("the next protocol"u8, _near.RecvNow());
    }

    [Fact]
    public async Task Frames_that_are_awaited()
    {
        Sock sock = _near;
        TimeSpan timeout = TimeSpan.FromSeconds(1);
        CancellationToken cancellation = _interrupt.Token;
        _far.SendComplete("one\ntwo\n", _timeout);
        _far.ShutdownSend();

        using var frames = new FrameReader(sock, (byte)'\n', maxFrame: 65536) { IsDeferred = true };
        await foreach (ReadOnlyMemory<byte> frame in frames.ReadAllAsync(timeout, cancellation))
        {
            Handle(frame.Span);
        }

        Assert.Equal(["one", "two"], _handled);
    }

    [Fact]
    public void Messages_of_Bitcoin()
    {
        Sock peer = _near;
        TimeSpan timeout = TimeSpan.FromSeconds(0.1);
        ThreadInterrupt interrupt = _interrupt;
        for (int length = 0; length < 3; length++)
        {
            byte[] message = new byte[24 + length];
            Encoding.ASCII.GetBytes("ping", message.AsSpan(4));
            BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(16), length);
            _far.SendComplete(message, _timeout);
        }

        Framing header = Framing.HasLength(offset: 16, size: 4, added: 24);
        using var messages = new FrameReader(peer, header, maxFrame: 24 + 4_000_000);
        while (messages.TryRead(out ReadOnlySpan<byte> message, timeout, interrupt).IsOk)
        {
            Handle(Encoding.ASCII.GetString(message[4..16]).TrimEnd('\0'), message[24..]);
        }

        Assert.Equal(["ping of 0 bytes", "ping of 1 bytes", "ping of 2 bytes"], _handled);
    }

    private sealed class Bip324Packets(Func<ReadOnlySpan<byte>, int> decryptLength) : Framing
    {
        // Three bytes of length; it counts neither these nor the header's byte and the tag's 16.
        public override long FindLength(ReadOnlySpan<byte> bytes, int searched) =>
            bytes.Length < 3 ? 0 : decryptLength(bytes[..3]) + 3 + 1 + 16;
    }

    [Fact]
    public void Packets_of_BIP_324()
    {
        const int MaxContents = 4_000_000;
        byte key = 0;
        int Decrypt(ReadOnlySpan<byte> length) // by the next bytes of a stream of keys
        {
            key++;
            return (length[0] ^ key) | (length[1] << 8) | (length[2] << 16);
        }

        for (byte i = 1; i < 4; i++)
        {
            _far.SendComplete([i, 0], _timeout);
            _far.SendComplete([0, .. new byte[17]], _timeout);
        }

        var packets = new Bip324Packets(Decrypt);
        using var reader = new FrameReader(_near, packets, 3 + 1 + MaxContents + 16)
        {
            IsDeferred = true,
        };

        for (int i = 1; i < 4; i++)
        {
            Assert.Equal(20, reader.Read(_timeout).Length);
        }
    }
}
