using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace BitcoinSock.Bench;

/// <summary>
/// What reads frames elsewhere: in C, by the base library's sockets, and byte by byte.
/// </summary>
internal static class ReadMethods
{
    private const int PeekWindow = 512;
    private const int BufferSize = 64 * Payload.KiB;
    private const int MaxWaitMicroseconds = 1_000_000;
    private const string OverReads = "over-reads";

    private static ReadMethod Calls(string name, int window, bool keeps) =>
        new(
            name,
            (sock, payload) =>
                Native.ExactCalls(sock, Payload.Terminator, payload.Total.Bytes, window, keeps),
            "what it costs without deadlines and checks"
        );

    public static readonly ReadMethod ByteByByte = new(
        "byte by byte",
        (sock, payload) =>
        {
            var tally = new Tally();
            Span<byte> one = stackalloc byte[1];
            while (tally.Bytes < payload.Total.Bytes)
            {
                tally.Bytes += sock.Recv(one).ThrowIfError("recv");
                tally.Frames += one[0] == Payload.Terminator ? 1 : 0;
            }

            return tally;
        },
        "Sock.Recv",
        Divisor: 64
    );

    public static readonly ReadMethod Peek512 = new(
        "C peek-512",
        (sock, payload) => Native.Peek512(sock, Payload.Terminator, payload.Total.Bytes),
        "Core's RecvUntilTerminator"
    );

    public static readonly ReadMethod CallsOfSingle = Calls("C calls, single", 2048, keeps: false);

    public static readonly ReadMethod CallsOfWindow = Calls(
        "C calls, window",
        64 * Payload.KiB,
        keeps: true
    );

    public static readonly ReadMethod SocketPeek512 = new(
        "Socket peek-512",
        (sock, payload) =>
        {
            using Socket socket = Take(sock);
            // For want of a DontWait for each call.
            socket.Blocking = false;
            var line = new ArrayBufferWriter<byte>();
            var tally = new Tally();
            while (tally.Bytes < payload.Total.Bytes)
            {
                line.ResetWrittenCount();
                RecvUntilTerminator(socket, line);
                tally.Frames++;
                tally.Bytes += line.WrittenCount + 1;
            }

            return tally;
        },
        "the same by Socket.Receive"
    );

    public static readonly ReadMethod StreamReader = new(
        "StreamReader",
        (sock, payload) =>
        {
            using NetworkStream stream = new(Take(sock), ownsSocket: true);
            using StreamReader reader = new(stream, Encoding.Latin1, false, BufferSize);
            var tally = new Tally();
            while (tally.Bytes < payload.Total.Bytes && reader.ReadLine() is string line)
            {
                tally.Frames++;
                tally.Bytes += line.Length + 1;
            }

            return tally;
        },
        $"{OverReads}; ReadLine, Latin-1 to string"
    );

    public static readonly ReadMethod PipeReader = new(
        "PipeReader",
        (sock, payload) => ReadPipe(sock, payload).GetAwaiter().GetResult(),
        $"{OverReads}; asynchronous"
    );

    public static readonly ReadMethod Floor = new(
        "C floor",
        (sock, payload) => Native.OverRead(sock, Payload.Terminator, payload.Total.Bytes),
        $"{OverReads}; recv of 64 KiB, memchr"
    );

    /// <summary>The same descriptor under the base library's socket.</summary>
    public static Socket Take(Sock sock) =>
        new(new SafeSocketHandle(sock.Release().Value, ownsHandle: true));

    // Step by step what bench/native does, and Core.
    private static void RecvUntilTerminator(Socket socket, ArrayBufferWriter<byte> line)
    {
        long deadlineMs = Environment.TickCount64 + ReadOperations.TimeoutMs;
        Span<byte> buffer = stackalloc byte[PeekWindow];
        while (Environment.TickCount64 < deadlineMs)
        {
            int peeked = socket.Receive(buffer, SocketFlags.Peek, out SocketError error);
            if (error == SocketError.Success)
            {
                int end = buffer[..peeked].IndexOf(Payload.Terminator);
                int wanted = end < 0 ? peeked : end + 1;
                if (wanted == 0 || socket.Receive(buffer[..wanted]) != wanted)
                {
                    throw new IOException("The connection ended, or has another reader.");
                }

                line.Write(buffer[..(end < 0 ? wanted : end)]);
                if (end >= 0)
                {
                    return;
                }
            }
            else if (error != SocketError.WouldBlock)
            {
                throw new SocketException((int)error);
            }

            socket.Poll(MaxWaitMicroseconds, SelectMode.SelectRead);
        }

        throw new TimeoutException();
    }

    private static async Task<Tally> ReadPipe(Sock sock, Payload payload)
    {
        using NetworkStream stream = new(Take(sock), ownsSocket: true);
        var options = new StreamPipeReaderOptions(bufferSize: BufferSize);
        PipeReader reader = System.IO.Pipelines.PipeReader.Create(stream, options);
        var tally = new Tally();
        while (tally.Bytes < payload.Total.Bytes)
        {
            ReadResult read = await reader.ReadAsync().ConfigureAwait(false);
            if (read.IsCompleted && read.Buffer.IsEmpty)
            {
                break;
            }

            tally = Consume(read.Buffer, tally, out SequencePosition consumed);
            reader.AdvanceTo(consumed, read.Buffer.End);
        }

        return tally;
    }

    private static Tally Consume(
        ReadOnlySequence<byte> buffer,
        Tally tally,
        out SequencePosition consumed
    )
    {
        var frames = new SequenceReader<byte>(buffer);
        while (frames.TryReadTo(out ReadOnlySequence<byte> _, Payload.Terminator))
        {
            tally.Frames++;
        }

        consumed = frames.Position;
        return tally with { Bytes = tally.Bytes + frames.Consumed };
    }
}
