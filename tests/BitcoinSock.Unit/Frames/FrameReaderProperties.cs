using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public class FrameReaderProperties
{
    private const int MaxFrame = 1000;

    public enum Form
    {
        One,
        Batch,
    }

    [Property(400)]
    public void Frames_are_what_Split_gives_and_the_descriptor_stands_behind_each(
        Letters text,
        Terminator terminator,
        byte window,
        Form[] forms,
        Cuts cuts
    )
    {
        ScriptedSock sock = cuts.Of(text.Text);
        var reader = new FrameReader(
            sock,
            terminator.Bytes,
            MaxFrame,
            terminator.Text.Length + window % 20
        );
        string[] frames = text.Text.Split(terminator.Text)[..^1];
        int at = 0;
        int behind = 0;
        for (int call = 0; at < frames.Length; call++)
        {
            Form form = forms.Length == 0 ? Form.One : forms[call % forms.Length];
            foreach (string frame in ReadSome(reader, form, terminator))
            {
                Assert.Equal(frames[at++], frame);
                behind += frame.Length + terminator.Text.Length;
            }

            Assert.Equal(behind, sock.Consumed - reader.Partial.Length);
        }

        Assert.Equal(SockStatus.Timeout, reader.TryRead(out _, TimeSpan.Zero).Status);
    }

    [Property(40)]
    public void However_the_bytes_come_and_are_read_they_are_frames_and_what_is_behind_them(
        PairKind kind,
        Letters text,
        Terminator terminator,
        Form[] forms,
        Cuts cuts
    )
    {
        using var pair = new Pair(kind);
        string[] frames = text.Text.Split(terminator.Text)[..^1];
        var sender = Background.Run(() =>
        {
            for (int sent = 0, call = 1; sent < text.Text.Length; call++)
            {
                byte[] part = [.. text.Bytes.Skip(sent).Take(cuts.At(call))];
                pair.Arrive(part);
                sent += part.Length;
            }

            return pair.Far.ShutdownSend();
        });
        var reader = new FrameReader(pair.Near, terminator.Bytes, MaxFrame);
        List<string> read = [];
        while (read.Count < frames.Length)
        {
            Form form = forms.Length == 0 ? Form.One : forms[read.Count % forms.Length];
            read.AddRange(ReadSome(reader, form, terminator));
        }

        sender.Join();
        Assert.Equal(frames, read);
        string rest = string.Concat(text.Text.Split(terminator.Text)[^1..]);
        Assert.Equal(rest, Encoding.ASCII.GetString(pair.Near.Drain()));
    }

    [Property]
    public void A_frame_of_any_length_fits_if_its_terminator_is_within_the_limit(
        Size length,
        Size window,
        Terminator terminator,
        byte about
    )
    {
        int whole = length.Value + terminator.Text.Length;
        int limit = Math.Max(whole - 2 + about % 5, 0);
        var sock = new ScriptedSock(new string('x', length.Value) + terminator.Text + "next");
        sock.OnWait = (_, slice) => sock.TimeOut(slice);
        var reader = new FrameReader(
            sock,
            terminator.Bytes,
            limit,
            terminator.Text.Length + window.Value
        );
        SockOutcome outcome = reader.TryRead(out ReadOnlySpan<byte> frame, Within.Long);
        if (whole <= limit)
        {
            Assert.Equal(SockOutcome.Ok(length.Value), outcome);
            Assert.Equal(length.Value, frame.Count((byte)'x'));
            Assert.Equal(whole, sock.Consumed);
        }
        else
        {
            Assert.Equal(SockStatus.TooLong, outcome.Status);
            Assert.InRange(sock.Consumed, 0, limit);
        }
    }

    // One frame, or a few by a batch.
    private static string[] ReadSome(FrameReader reader, Form form, Terminator terminator)
    {
        switch (form)
        {
            case Form.One:
                return [Encoding.ASCII.GetString(reader.Read(Within.Long))];
            default:
                FrameBatch batch = reader.ReadBatch(new Range[3], Within.Long);
                string[] frames = new string[batch.Count];
                for (int i = 0; i < frames.Length; i++)
                {
                    frames[i] = Encoding.ASCII.GetString(batch[i]);
                }

                Assert.InRange(frames.Length, 1, 3);
                Assert.Equal(
                    string.Concat(frames.Select(frame => frame + terminator.Text)),
                    Encoding.ASCII.GetString(batch.Bytes)
                );
                return frames;
        }
    }
}
