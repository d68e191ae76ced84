using System.Buffers;
using BitcoinSock;

namespace LineServer;

/// <summary>
/// A client as it should be: it sends some lines, checks the replies byte by byte, and pauses.
/// </summary>
internal sealed class Talker(Crowd crowd, TimeSpan pause) : Client(crowd)
{
    private const int LinesMax = 8;
    private const int UsualLength = 100;

    private static readonly byte[] Letters =
    [
        .. Enumerable.Range(0, 8192).Select(i => (byte)('a' + (i * i / 7 % 26))),
    ];

    private readonly ArrayBufferWriter<byte> _question = new(256);
    private readonly ArrayBufferWriter<byte> _expected = new(256);
    private int _lines;
    private int _sent;
    private int _heard;

    /// <summary>Whether a reply is missing.</summary>
    public bool IsWaiting => _lines > 0;

    public void Start()
    {
        Connect(SockEvents.Recv);
        Crowd.After(Crowd.Random.NextDouble() * pause, this);
    }

    public override void OnDue()
    {
        if (_lines == 0 && !Crowd.IsEnding)
        {
            ThinkOf(Crowd.Random.Next(1, LinesMax + 1));
        }

        if (_lines > 0)
        {
            Ask();
        }
    }

    public override void OnReady()
    {
        SockResult got = Sock.Recv(Crowd.Buffer, SockFlags.DontWait);
        if (got.Count > 0)
        {
            Hear(Crowd.Buffer.AsSpan(0, got.Count));
        }
        else if (Crowd.IsEnding && got.Count == 0 && _lines == 0)
        {
            Crowd.Farewells++;
            Sock.Dispose();
        }
        else if (!got.IsError || NetworkError.IoErrorIsPermanent(got.Error))
        {
            Complain($"the connection ended, error {got.Error}");
        }
    }

    private void ThinkOf(int lines)
    {
        (_lines, _sent, _heard) = (lines, 0, 0);
        _question.ResetWrittenCount();
        _expected.ResetWrittenCount();
        for (int i = 0; i < lines; i++)
        {
            // Of one in a hundred the length is whatever is allowed.
            int longest = Crowd.Random.Next(100) == 0 ? Crowd.Limits.Line : UsualLength;
            int length = Crowd.Random.Next(longest + 1);
            int start = Crowd.Random.Next(Letters.Length - length);
            ReadOnlySpan<byte> line = Letters.AsSpan(start, length);
            _question.Write(line);
            _question.Write("\n"u8);
            _expected.Write("echo: "u8);
            _expected.Write(line);
            _expected.Write("\n"u8);
        }
    }

    private void Ask()
    {
        // Now and then in two parts, somewhere within a line.
        ReadOnlySpan<byte> rest = _question.WrittenSpan[_sent..];
        bool isHalf = _sent == 0 && Crowd.Random.Next(8) == 0;
        ReadOnlySpan<byte> part = isHalf ? rest[..(rest.Length / 2)] : rest;
        SockOutcome sent = Sock.TrySendComplete(part, Patience);
        _sent += sent.Count;
        if (!sent.IsOk)
        {
            Complain($"could not send: {sent}");
        }
        else if (isHalf)
        {
            Crowd.After(TimeSpan.FromMilliseconds(1), this);
        }
    }

    private void Hear(ReadOnlySpan<byte> bytes)
    {
        if (!_expected.WrittenSpan[_heard..].StartsWith(bytes))
        {
            Complain("a reply is not as expected");
            return;
        }

        _heard += bytes.Length;
        if (_heard == _expected.WrittenCount)
        {
            Crowd.Replies += _lines;
            _lines = 0;
            Crowd.After(pause, this);
        }
    }

    // Once: it takes no further part.
    private void Complain(string what)
    {
        Crowd.Complain(what);
        _lines = 0;
        Sock.Dispose();
    }
}
