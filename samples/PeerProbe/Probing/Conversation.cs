using System.Buffers;
using System.Text;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// What is said to a peer and heard from it, within an errand. Whatever goes wrong is a
/// <see cref="ProbeFailure"/> that tells how far it got. Not one byte is read beyond what was asked
/// for, so that the socket can be handed on behind any answer.
/// </summary>
/// <param name="sock">The connection; still the caller's.</param>
/// <param name="peer">Who is at its other end.</param>
/// <param name="errand">Deadline, interrupt and trace.</param>
/// <param name="advice">Where such a peer usually is.</param>
internal sealed class Conversation(Sock sock, HostPort peer, Errand errand, string advice)
{
    /// <summary>How long the lines of a peer may be, all together.</summary>
    public const int LinesMax = 64 * 1024;

    // As many as Printable.Quote may show.
    private const int ShownMax = 96;

    private readonly TracedSock _sock = new(sock, errand);
    private readonly byte[] _shown = new byte[ShownMax];
    private int _sent;
    private int _received;
    private bool _secret;

    public HostPort Peer => peer;

    public Errand Errand => errand;

    /// <summary>How many bytes were received, all of them consumed.</summary>
    public int Received => _received;

    private string Kept =>
        $"sent {_sent} bytes, received {_received} bytes"
        + (
            _received == 0 ? ""
            : _secret ? ", which are not shown: there may be a secret among them"
            : $": {Printable.Quote(_shown.AsSpan(0, Math.Min(_received, ShownMax)))}"
        );

    /// <summary>
    /// From now on no failure shows what was received, because there may be a secret in it.
    /// </summary>
    public void Hush() => _secret = true;

    public void Say(string line) => Say(Encoding.UTF8.GetBytes(line), default);

    /// <summary>Both parts, one behind the other.</summary>
    public void Say(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default)
    {
        SockOutcome sent = _sock.TrySendComplete(first, second, errand.Left, errand.Interrupt);
        _sent += sent.Count;
        ThrowUnlessOk(sent);
    }

    /// <summary>
    /// A line without its end, which is LF or CR LF; what is not UTF-8 becomes U+FFFD.
    /// </summary>
    public string HearLine()
    {
        var line = new ArrayBufferWriter<byte>();
        SockOutcome outcome = _sock.TryRecvUntilTerminator(
            (byte)'\n',
            line,
            errand.Left,
            errand.Interrupt,
            LinesMax - _received
        );
        Keep(line.WrittenSpan);
        ThrowUnlessOk(outcome);
        Keep("\n"u8);
        return Encoding.UTF8.GetString(line.WrittenSpan).TrimEnd('\r');
    }

    /// <summary>Exactly so many bytes.</summary>
    public byte[] Hear(int length)
    {
        byte[] bytes = new byte[length];
        SockOutcome outcome = _sock.TryRecvComplete(bytes, errand.Left, errand.Interrupt);
        Keep(bytes.AsSpan(0, outcome.Count));
        ThrowUnlessOk(outcome);
        return bytes;
    }

    /// <summary>What to throw if the peer is not what was asked for.</summary>
    /// <param name="whatItIs">What it seems to be: "no SAM bridge".</param>
    /// <param name="whatToDo">If not to try another port.</param>
    public ProbeFailure WrongProtocol(string whatItIs, string? whatToDo = null) =>
        Failure(
            ExitCode.WrongProtocol,
            $"{peer} {whatItIs}",
            whatToDo ?? $"another port; {advice}"
        );

    /// <summary>What to throw if the peer says no.</summary>
    public ProbeFailure Refused(string why, string whatToDo) =>
        Failure(ExitCode.Refused, $"{peer} {why}", whatToDo);

    /// <summary>What to throw if the peer says, or begins to say, too much.</summary>
    public ProbeFailure TooLong(string what) =>
        Failure(ExitCode.TooLong, $"{peer} {what}", $"another port; {advice}");

    private ProbeFailure Failure(ExitCode code, string happened, string whatToDo) =>
        new(code, happened, Kept, whatToDo);

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_received < ShownMax)
        {
            bytes[..Math.Min(bytes.Length, ShownMax - _received)].CopyTo(_shown.AsSpan(_received));
        }

        _received += bytes.Length;
    }

    private void ThrowUnlessOk(SockOutcome outcome)
    {
        if (!outcome.IsOk)
        {
            throw ToFailure(outcome);
        }
    }

    private ProbeFailure ToFailure(SockOutcome outcome) =>
        outcome.Status switch
        {
            SockStatus.Timeout => Failure(
                ExitCode.Timeout,
                $"{peer} did not complete its answer within {errand.Timeout.TotalSeconds:0.###} s",
                $"a longer --timeout, or another port; {advice}"
            ),
            SockStatus.Interrupted => Failure(
                ExitCode.Interrupted,
                $"interrupted while talking to {peer}",
                "the same again; nothing was changed at the peer"
            ),
            SockStatus.Closed => Failure(
                ExitCode.Closed,
                $"{peer} closed the connection before its answer was complete",
                $"its log, or another port; {advice}"
            ),
            SockStatus.TooLong => TooLong($"says more than {LinesMax / 1024} KiB in its lines"),
            SockStatus.Failed => Failure(
                ExitCode.Closed,
                $"the connection to {peer} broke: "
                    + NetworkError.NetworkErrorString(outcome.Error),
                $"its log, or another port; {advice}"
            ),
            _ => throw new InvalidOperationException($"A conversation ended with {outcome}."),
        };
}
