using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using BitcoinSock;

namespace LineServer;

/// <summary>
/// One client: the line it is in the middle of, and the replies it has not taken yet. Nothing here
/// waits, so that nobody holds the others.
/// </summary>
internal sealed class Connection : IDisposable
{
    // So much is answered in one turn, more or less; then the others get theirs. It bounds what is
    // queued, too: as long as replies are left, no line is read.
    private const int RepliesPerTurn = 16 * 1024;

    private readonly FrameReader _reader;
    private readonly ArrayBufferWriter<byte> _replies = new();
    private int _sent;
    private Stage _stage = Stage.Talking;

    /// <param name="sock">The client, which is owned from now on.</param>
    /// <param name="lineMax">How long its lines may be, without their end.</param>
    public Connection(Sock sock, int lineMax)
    {
        Sock = sock;
        _reader = new FrameReader(sock, (byte)'\n', lineMax + 1) { IsDeferred = true };
        Sock.SetSockOpt(SocketOptionLevel.Tcp, SocketOptionName.NoDelay, 1);
    }

    private enum Stage
    {
        /// <summary>It sends lines and gets replies.</summary>
        Talking,

        /// <summary>It gets the replies that are left, and then the end of the stream.</summary>
        Leaving,

        /// <summary>
        /// It has got all. What it still sends is thrown away: to close before it does would be a
        /// reset, which may overtake the last reply.
        /// </summary>
        Left,

        /// <summary>It sends nothing any more: closed, or broken.</summary>
        Over,
    }

    public Sock Sock { get; }

    /// <summary>What it is registered for.</summary>
    public SockEvents Awaited { get; set; } = SockEvents.Recv;

    /// <summary>
    /// When it last completed a line or emptied its queue. Single bytes are no sign of life: a
    /// client may not stay by trickling.
    /// </summary>
    public long LastActiveMs { get; private set; } = Environment.TickCount64;

    private ReadOnlySpan<byte> Unsent => _replies.WrittenSpan[_sent..];

    /// <summary>Does what can be done at once.</summary>
    /// <returns>What to wait for before the next turn; None if it is over.</returns>
    public SockEvents Turn()
    {
        if (Unsent.IsEmpty)
        {
            Hear();
        }

        return !Say() ? SockEvents.None
            : !Unsent.IsEmpty ? SockEvents.Send
            : _stage == Stage.Over ? SockEvents.None
            : SockEvents.Recv;
    }

    /// <summary>Reads no more lines, from the next turn on.</summary>
    public void Leave() => _stage = _stage == Stage.Talking ? Stage.Leaving : _stage;

    public void Dispose()
    {
        _reader.Dispose();
        Sock.Dispose();
    }

    private void Hear()
    {
        if (_stage == Stage.Left)
        {
            SockResult ignored = Sock.Recv(stackalloc byte[4096], SockFlags.DontWait);
            bool isOver = ignored.IsError && NetworkError.IoErrorIsPermanent(ignored.Error);
            _stage = isOver || ignored.Count == 0 ? Stage.Over : Stage.Left;
        }

        while (_stage == Stage.Talking && _replies.WrittenCount < RepliesPerTurn)
        {
            switch (_reader.TryRead(out ReadOnlySpan<byte> line, TimeSpan.Zero).Status)
            {
                case SockStatus.Ok:
                    Answer(line);
                    LastActiveMs = Environment.TickCount64;
                    break;
                case SockStatus.Timeout:
                    return; // the reader has what came of the line, and the rest may follow
                case SockStatus.TooLong:
                    Reply("error: the line is too long"u8);
                    _stage = Stage.Leaving;
                    break;
                default:
                    _stage = Stage.Over;
                    break;
            }
        }
    }

    private void Answer(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> command = line.TrimEnd((byte)'\r');
        if (command.SequenceEqual("quit"u8))
        {
            Reply("bye"u8);
            _stage = Stage.Leaving;
        }
        else if (command.SequenceEqual("time"u8))
        {
            Reply(
                Encoding.ASCII.GetBytes(DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture))
            );
        }
        else
        {
            _replies.Write("echo: "u8);
            Reply(line);
        }
    }

    private void Reply(ReadOnlySpan<byte> text)
    {
        _replies.Write(text);
        _replies.Write("\n"u8);
    }

    // False if it is broken.
    private bool Say()
    {
        SockOutcome sent = Sock.TrySendComplete(Unsent, TimeSpan.Zero);
        _sent += sent.Count;
        if (!sent.IsOk)
        {
            return sent.Status == SockStatus.Timeout;
        }

        if (_sent > 0)
        {
            _replies.ResetWrittenCount();
            _sent = 0;
            LastActiveMs = Environment.TickCount64;
        }

        if (_stage == Stage.Leaving)
        {
            _stage = Sock.ShutdownSend().IsError ? Stage.Over : Stage.Left;
        }

        return true;
    }
}
