using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>A way to send and to receive short messages, awaited.</summary>
/// <param name="Name">What it is called in tables, plots and data.</param>
/// <param name="Of">Takes over one end of a connection.</param>
/// <param name="Note">What to know when comparing it.</param>
internal sealed record TalkMethod(string Name, Func<Sock, Talker> Of, string Note)
{
    public static readonly TalkMethod Sock = new(
        "Sock",
        sock => new BySock(sock),
        "SendCompleteAsync, RecvCompleteAsync"
    );

    public static readonly TalkMethod Socket = new(
        "Socket",
        sock => new BySocket(sock),
        "loops of SendAsync, ReceiveAsync; no deadline"
    );

    public static readonly TalkMethod[] All =
    [
        Sock,
        Socket,
        new("NetworkStream", sock => new ByStream(sock), "WriteAsync, ReadExactlyAsync"),
        new("PipeReader", sock => new ByPipe(sock), "lines of a NetworkStream; over-reads"),
        new("Sock, lines", sock => new BySockLine(sock), "RecvUntilTerminatorAsync"),
    ];
}

/// <summary>One end of a connection. What ends too early throws.</summary>
internal abstract class Talker : IDisposable
{
    protected const byte Terminator = (byte)'\n';

    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> message);

    /// <summary>Receives as many bytes, a line with its terminator.</summary>
    public abstract ValueTask RecvAsync(Memory<byte> message);

    public abstract void Dispose();
}

internal class BySock(Sock sock) : Talker
{
    // A deadline, as who uses the library has: the others do without.
    protected static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    protected Sock Sock { get; } = sock;

    public override ValueTask SendAsync(ReadOnlyMemory<byte> message) =>
        Sock.SendCompleteAsync(message, Long);

    public override ValueTask RecvAsync(Memory<byte> message) =>
        Sock.RecvCompleteAsync(message, Long);

    public override void Dispose() => Sock.Dispose();
}

internal sealed class BySockLine(Sock sock) : BySock(sock)
{
    public override async ValueTask RecvAsync(Memory<byte> message)
    {
        int length = await Sock.RecvUntilTerminatorAsync(Terminator, message, Long)
            .ConfigureAwait(false);
        if (length + 1 != message.Length)
        {
            throw new InvalidDataException($"A line of {length} bytes came.");
        }
    }
}

internal sealed class BySocket(Sock sock) : Talker
{
    private readonly Socket _socket = sock.ToSocket();

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        while (!message.IsEmpty)
        {
            message = message[await _socket.SendAsync(message).ConfigureAwait(false)..];
        }
    }

    public override async ValueTask RecvAsync(Memory<byte> message)
    {
        while (!message.IsEmpty)
        {
            int count = await _socket.ReceiveAsync(message).ConfigureAwait(false);
            message = count > 0 ? message[count..] : throw new EndOfStreamException();
        }
    }

    public override void Dispose() => _socket.Dispose();
}

internal class ByStream(Sock sock) : Talker
{
    protected NetworkStream Stream { get; } = new(sock.ToSocket(), ownsSocket: true);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> message) => Stream.WriteAsync(message);

    public override ValueTask RecvAsync(Memory<byte> message) => Stream.ReadExactlyAsync(message);

    public override void Dispose() => Stream.Dispose();
}

internal sealed class ByPipe : ByStream
{
    private readonly PipeReader _reader;

    public ByPipe(Sock sock)
        : base(sock) => _reader = PipeReader.Create(Stream);

    public override async ValueTask RecvAsync(Memory<byte> message)
    {
        while (true)
        {
            ReadResult read = await _reader.ReadAsync().ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (buffer.PositionOf(Terminator) is SequencePosition end)
            {
                ReadOnlySequence<byte> line = buffer.Slice(0, buffer.GetPosition(1, end));
                line.CopyTo(message.Span); // throws if it is longer
                _reader.AdvanceTo(line.End);
                return;
            }

            _reader.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                throw new EndOfStreamException();
            }
        }
    }
}
