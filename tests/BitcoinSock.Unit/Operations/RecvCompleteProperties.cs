using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public class RecvCompleteProperties
{
    [Property]
    public async Task It_reads_exactly_so_many_bytes_however_they_are_cut_or_all_there_are(
        Letters text,
        byte about,
        Cuts cuts,
        bool awaited
    )
    {
        int wanted = Math.Max(text.Text.Length - 10 + about % 20, 0);
        int got = Math.Min(wanted, text.Text.Length);
        ScriptedSock sock = cuts.Of(text.Text);
        byte[] buffer = new byte[wanted];
        SockOutcome outcome = awaited
            ? await new ScriptedAsync(sock).TryRecvCompleteAsync(buffer, Within.Long)
            : sock.TryRecvComplete(buffer, Within.Long);
        SockStatus expected = got == wanted ? SockStatus.Ok : SockStatus.Timeout;
        Assert.Equal(new SockOutcome(expected, got, 0), outcome);
        Assert.Equal(got, sock.Consumed);
        Assert.Equal(text.Text[..got], Encoding.ASCII.GetString(buffer, 0, got));
    }

    [Property(40)]
    public void Parts_of_any_sizes_are_together_what_was_sent(
        PairKind kind,
        Letters text,
        Cuts cuts
    )
    {
        using var pair = new Pair(kind);
        pair.Arrive(text.Bytes);
        pair.Far.ShutdownSend();
        string all = "";
        SockOutcome outcome = default;
        for (int call = 1; outcome.IsOk; call++)
        {
            byte[] part = new byte[cuts.At(call)];
            outcome = pair.Near.TryRecvComplete(part, Within.Long);
            all += Encoding.ASCII.GetString(part, 0, outcome.Count);
        }

        Assert.Equal(SockStatus.Closed, outcome.Status);
        Assert.Equal(text.Text, all);
    }
}
