using System.Buffers;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public class RecvUntilTerminatorProperties
{
    private const byte Newline = (byte)'\n';
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public enum Form
    {
        Span,
        Writer,
        Text,
        Awaited,
    }

    [Property(400)]
    public async Task A_line_is_what_stands_before_the_first_terminator_within_the_limit(
        Form form,
        Letters text,
        byte key,
        byte any,
        Cuts cuts
    )
    {
        // So that any byte ends a line, and is in one.
        byte[] all = [.. text.Bytes.Select(each => (byte)(each ^ key))];
        byte terminator = (byte)(Newline ^ key);
        int limit = any % (all.Length + 3);
        int end = Array.IndexOf(all, terminator);
        bool fits = end >= 0 && end < limit;
        byte[] line = all[..(fits ? end : Math.Min(limit, all.Length))];
        SockOutcome expected =
            fits && form == Form.Text && !IsText(line) ? new(SockStatus.InvalidText, end, 0)
            : fits ? SockOutcome.Ok(end)
            : SockOutcome.End(
                all.Length >= limit ? SockStatus.TooLong : SockStatus.Timeout,
                line.Length
            );

        ScriptedSock sock = cuts.Of(Encoding.Latin1.GetString(all));
        (SockOutcome outcome, byte[] received) = await Read(form, sock, terminator, limit);

        Assert.Equal(expected, outcome);
        Assert.Equal(line, received);
        Assert.Equal(fits ? end + 1 : line.Length, sock.Consumed);
    }

    [Property]
    public async Task A_line_of_any_length_fits_if_its_terminator_is_within_the_limit(
        Form form,
        Size length,
        byte about
    )
    {
        int limit = Math.Max(length.Value - 2 + about % 5, 0);
        bool fits = length.Value < limit;
        var sock = new ScriptedSock(new string('x', length.Value) + "\nnext");
        sock.OnWait = (_, slice) => sock.TimeOut(slice);
        (SockOutcome outcome, byte[] received) = await Read(form, sock, Newline, limit);
        Assert.Equal(fits ? SockStatus.Ok : SockStatus.TooLong, outcome.Status);
        Assert.Equal(fits ? length.Value : limit, outcome.Count);
        Assert.Equal(outcome.Count, received.AsSpan().Count((byte)'x'));
        Assert.Equal(fits ? length.Value + 1 : limit, sock.Consumed);
    }

    [Property(60)]
    public void Lines_and_what_comes_back_of_them_are_together_what_Split_gives(
        PairKind kind,
        Letters text,
        Cuts cuts
    )
    {
        using var pair = new Pair(kind);
        List<string> lines = [];
        string line = "";
        byte[] buffer = new byte[1000];
        void ReadSome(TimeSpan timeout)
        {
            SockOutcome outcome;
            do
            {
                outcome = pair.Near.TryRecvUntilTerminator(Newline, buffer, timeout);
                line += Encoding.ASCII.GetString(buffer, 0, outcome.Count);
                if (outcome.IsOk)
                {
                    lines.Add(line);
                    line = "";
                }
            } while (outcome.IsOk);
        }

        int sent = 0;
        for (int call = 1; sent < text.Text.Length; call++)
        {
            byte[] part = [.. text.Bytes.Skip(sent).Take(cuts.At(call))];
            pair.Arrive(part);
            sent += part.Length;
            ReadSome(TimeSpan.Zero);
        }

        pair.Far.ShutdownSend();
        ReadSome(Within.Long);
        Assert.Equal(text.Text.Split('\n'), lines.Append(line));
    }

    [Property(100)]
    public void A_text_arrives_as_it_was_or_is_refused_before_a_byte_of_it_is_sent(byte[] letters)
    {
        string[] some = ["a", "\n", "\0", "ß", "€", "😀", "\ud83d", "\ude00"];
        string text = string.Concat(letters.Select(each => some[each % some.Length]));
        using var pair = new Pair(PairKind.UnixByPoll);
        if (Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text)
        {
            pair.Far.SendComplete(text, Within.Long);
            pair.Arrive(0xff); // is in no UTF-8
            Assert.Equal(text, pair.Near.RecvUntilTerminator(0xff, Within.Long, default, 1000));
        }
        else
        {
            // Half a surrogate pair.
            Assert.ThrowsAny<ArgumentException>(() => pair.Far.SendComplete(text, Within.Long));
            Assert.Empty(pair.Near.Peek(1));
        }
    }

    // The outcome, and the line or what was consumed of it.
    private static async Task<(SockOutcome, byte[])> Read(
        Form form,
        ScriptedSock sock,
        byte terminator,
        int limit
    )
    {
        byte[] buffer = new byte[limit];
        switch (form)
        {
            case Form.Text:
                SockOutcome outcome = sock.TryRecvUntilTerminator(
                    terminator,
                    Within.Long,
                    default,
                    limit,
                    out string? text,
                    out ReadOnlyMemory<byte> received
                );
                Assert.Equal(outcome.IsOk, text is not null);
                return (outcome, text is null ? received.ToArray() : Strict.GetBytes(text));
            case Form.Writer:
                var writer = new ArrayBufferWriter<byte>();
                outcome = sock.TryRecvUntilTerminator(
                    terminator,
                    writer,
                    Within.Long,
                    default,
                    limit
                );
                return (outcome, writer.WrittenSpan.ToArray());
            case Form.Awaited:
                outcome = await new ScriptedAsync(sock).TryRecvUntilTerminatorAsync(
                    terminator,
                    buffer,
                    Within.Long
                );
                return (outcome, buffer[..outcome.Count]);
            default:
                outcome = sock.TryRecvUntilTerminator(terminator, buffer, Within.Long);
                return (outcome, buffer[..outcome.Count]);
        }
    }

    private static bool IsText(byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes) is not null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
