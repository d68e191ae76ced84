using System.Buffers;
using System.Diagnostics;
using System.Text;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// Questions and answers over one connection, under one deadline and one interrupt. Whatever goes
/// wrong is a <see cref="ProbeFailure"/> that has every byte received until then.
/// </summary>
internal sealed class Conversation : IDisposable
{
    /// <summary>How long an answer may be, all its lines together.</summary>
    public const int AnswerMax = 64 * 1024;

    private readonly Sock _sock;
    private readonly HostPort _address;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _interrupt;
    private readonly string _advice;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly ArrayBufferWriter<byte> _heard = new();

    /// <summary>Connects.</summary>
    /// <exception cref="ProbeFailure">It cannot.</exception>
    public Conversation(
        HostPort address,
        TimeSpan timeout,
        CancellationToken interrupt,
        string advice
    )
    {
        (_address, _timeout, _interrupt, _advice) = (address, timeout, interrupt, advice);
        _sock = Connecting.To(address, timeout, interrupt, advice);
    }

    private TimeSpan Left
    {
        get
        {
            TimeSpan left = _timeout - Stopwatch.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    private string Kept =>
        _heard.WrittenCount == 0
            ? "received 0 bytes so far"
            : $"received {_heard.WrittenCount} bytes so far: {Printable.Quote(_heard.WrittenSpan)}";

    public void Say(string line)
    {
        SockOutcome sent = _sock.TrySendComplete(line, Left, _interrupt);
        if (!sent.IsOk)
        {
            throw Failure(sent);
        }
    }

    /// <summary>
    /// A line without its end, which is LF or CR LF; what is not UTF-8 becomes U+FFFD.
    /// </summary>
    public string HearLine()
    {
        int start = _heard.WrittenCount;
        SockOutcome outcome = _sock.TryRecvUntilTerminator(
            (byte)'\n',
            _heard,
            Left,
            _interrupt,
            AnswerMax - start
        );
        if (!outcome.IsOk)
        {
            throw Failure(outcome);
        }

        string line = Encoding.UTF8.GetString(_heard.WrittenSpan[start..]);
        _heard.Write("\n"u8);
        return line.TrimEnd('\r');
    }

    /// <summary>
    /// What to throw if the peer answers something that its protocol does not know.
    /// </summary>
    /// <param name="whatItIs">What the peer seems to be: "no SAM bridge".</param>
    /// <param name="advice">What to do about it, if not to try another port.</param>
    public ProbeFailure WrongProtocol(string whatItIs, string? advice = null) =>
        new(
            ExitCode.WrongProtocol,
            $"{_address} is {whatItIs}",
            Kept,
            advice ?? $"another port; {_advice}"
        );

    public void Dispose() => _sock.Dispose();

    private ProbeFailure Failure(SockOutcome outcome) =>
        outcome.Status switch
        {
            SockStatus.Timeout => new(
                ExitCode.Timeout,
                $"{_address} did not complete its answer within {_timeout.TotalSeconds:0.###} s",
                Kept,
                $"a longer --timeout, or another port; {_advice}"
            ),
            SockStatus.Interrupted => new(
                ExitCode.Interrupted,
                $"interrupted while talking to {_address}",
                Kept,
                "the same again; nothing was changed at the peer"
            ),
            SockStatus.Closed => new(
                ExitCode.Closed,
                $"{_address} closed the connection before its answer was complete",
                Kept,
                $"its log, or another port; {_advice}"
            ),
            SockStatus.TooLong => new(
                ExitCode.TooLong,
                $"the answer of {_address} is longer than {AnswerMax / 1024} KiB",
                Kept,
                $"another port; {_advice}"
            ),
            SockStatus.Failed => new(
                ExitCode.Closed,
                $"the connection to {_address} broke: "
                    + NetworkError.NetworkErrorString(outcome.Error),
                Kept,
                $"its log, or another port; {_advice}"
            ),
            _ => throw new InvalidOperationException($"A conversation ended with {outcome}."),
        };
}
