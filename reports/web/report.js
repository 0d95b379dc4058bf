// Draws the report's charts from the JSON in #data. Everything a reader needs is in the page
// without this script; the charts only show it.
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const narrow = window.matchMedia('(max-width: 560px)');
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const charts = [];

  // Seconds as people read them on an axis: 90 s, 15 min, 2 h.
  const span = data.end_s;
  const clock = span >= 7200 ? [3600, ' h'] : span >= 600 ? [60, ' min'] : [1, ' s'];
  const short = (n) => Number(n.toPrecision(3)).toString();
  const moment = (s) => short(s / clock[0]) + clock[1];
  const length = (s) => s < 1 ? short(s * 1000) + ' ms' : s < 120 ? short(s) + ' s' : short(s / 60) + ' min';
  // A step of the time axis that falls on whole minutes or round seconds.
  const step = () => {
    const most = narrow.matches ? 5 : 10;
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
    return steps.find((s) => span / s <= most) || span / most;
  };

  // Shades the fault windows behind the data and names each one where there is room.
  const faultWindows = {
    id: 'faultWindows',
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales } = chart;
      ctx.save();
      ctx.font = '12px system-ui, sans-serif';
      ctx.textBaseline = 'top';
      let taken = -Infinity;
      for (const fault of data.faults) {
        const from = scales.x.getPixelForValue(fault.from);
        const to = Math.max(from + 2, scales.x.getPixelForValue(fault.to));
        ctx.fillStyle = ink('fault');
        ctx.fillRect(from, area.top, to - from, area.bottom - area.top);
        const width = ctx.measureText(fault.kind).width;
        if (from + 4 < taken || from + 4 + width > area.right) continue;
        ctx.fillStyle = ink('fault-ink');
        ctx.fillText(fault.kind, from + 4, area.top + 3);
        taken = from + 12 + width;
      }
      ctx.restore();
    },
  };

  // A dashed horizontal line with its name.
  const alertLine = {
    id: 'alertLine',
    afterDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales } = chart;
      const y = scales.y.getPixelForValue(data.alert_line);
      ctx.save();
      ctx.strokeStyle = ink('fail');
      ctx.fillStyle = ink('fail');
      ctx.setLineDash([5, 4]);
      ctx.beginPath();
      ctx.moveTo(area.left, y);
      ctx.lineTo(area.right, y);
      ctx.stroke();
      ctx.font = '12px system-ui, sans-serif';
      ctx.textAlign = 'right';
      ctx.textBaseline = 'bottom';
      ctx.fillText('alert line: ' + data.alert_line, area.right - 4, y - 2);
      ctx.restore();
    },
  };

  const axis = (more) => Object.assign({
    grid: { color: ink('line'), drawBorder: false },
    ticks: { color: ink('soft'), maxRotation: 0, autoSkip: true },
  }, more);
  const timeAxis = () => axis({
    type: 'linear', min: 0, max: span, stacked: false,
    ticks: { color: ink('soft'), maxRotation: 0, stepSize: step(), callback: moment },
  });
  const countAxis = (stacked) => axis({
    stacked, beginAtZero: true, grace: '12%',
    afterFit(scale) { scale.width = 48; },  // equal, so that the time axes line up
    ticks: { color: ink('soft'), precision: 0, maxTicksLimit: 6 },
  });
  const legend = () => ({
    position: 'top', align: 'start',
    labels: { color: ink('ink'), boxWidth: 12, boxHeight: 12, padding: 12 },
  });
  const base = (scales, tooltip) => ({
    responsive: true, maintainAspectRatio: false, animation: false, normalized: true,
    interaction: { mode: 'index', intersect: false },
    plugins: { legend: legend(), tooltip: { callbacks: tooltip } },
    scales,
  });

  const isDecade = (v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-6;
  const bin = data.load.bin_s;
  // Points at the start of each bin, and one at the end so that the last step has a width.
  const points = (values) => {
    const list = values.map((y, i) => ({ x: i * bin, y }));
    if (values.length > 0) list.push({ x: Math.min(span, values.length * bin), y: values[values.length - 1] });
    return list;
  };
  const area = (label, values, colour, first) => ({
    label, data: points(values), stepped: 'before', fill: first ? 'origin' : '-1',
    backgroundColor: ink(colour), borderColor: ink(colour), borderWidth: 1, pointRadius: 0,
  });
  const from = { title: (items) => items.length ? 'from ' + moment(items[0].parsed.x) : '' };

  // Retries within a sliding minute (or within a bin, where bins are longer), at its end.
  const perMinute = () => {
    const values = data.load.retries;
    const bins = Math.max(1, Math.round(60 / bin));
    const scale = 60 / (bins * bin);
    let sum = 0;
    return values.map((n, i) => {
      sum += n - (i >= bins ? values[i - bins] : 0);
      return { x: Math.min(span, (i + 1) * bin), y: sum * scale };
    });
  };

  const draw = {
    load: () => ({
      type: 'line',
      data: { datasets: [
        area('first tries', data.load.first_tries, 'first', true),
        area('retries', data.load.retries, 'retry', false),
      ] },
      options: base({ x: timeAxis(), y: countAxis(true) }, from),
      plugins: [faultWindows],
    }),
    results: () => {
      const kinds = [['success', 'successes', 'good'], ['429', 'rate_limited', 'limited'],
        ['503', 'overloaded', 'overloaded'], ['other failures', 'other_failures', 'other']];
      const seen = kinds.filter(([, key], i) => i === 0 || data.load[key].some((n) => n > 0));
      return {
        type: 'line',
        data: { datasets: seen.map(([label, key, colour], i) => area(label, data.load[key], colour, i === 0)) },
        options: base({ x: timeAxis(), y: countAxis(true) }, from),
        plugins: [faultWindows],
      };
    },
    minute: () => {
      const options = base({ x: timeAxis(), y: countAxis(false) },
        { title: (items) => items.length ? 'the minute up to ' + moment(items[0].parsed.x) : '' });
      options.plugins.legend.display = false;
      options.scales.y.suggestedMax = data.alert_line * 1.3;
      return {
        type: 'line',
        data: { datasets: [{ label: 'retries a minute', data: perMinute(), borderColor: ink('retry'), borderWidth: 2, pointRadius: 0 }] },
        options,
        plugins: [faultWindows, alertLine],
      };
    },
    latency: () => {
      const line = (label, key, colour) => ({
        label, data: data.latency.seconds.map((x, i) => ({ x, y: data.latency[key][i] })),
        borderColor: ink(colour), backgroundColor: ink(colour), borderWidth: 2, pointRadius: 0,
      });
      const x = axis({
        type: 'logarithmic',
        grid: { color: (c) => c.tick && isDecade(c.tick.value) ? ink('line') : 'transparent', drawBorder: false },
        ticks: {
          color: ink('soft'), maxRotation: 0, autoSkip: false,
          callback: (v) => isDecade(v) ? length(v) : '',
        },
      });
      const y = axis({ min: 0, max: 100, ticks: { color: ink('soft'), callback: (v) => v + '%', maxTicksLimit: 6 } });
      return {
        type: 'line',
        data: { datasets: [line('ended, whatever the outcome', 'ended', 'first'), line('succeeded', 'succeeded', 'good')] },
        options: base({ x, y }, {
          title: (items) => items.length ? 'within ' + length(items[0].parsed.x) : '',
          label: (item) => item.dataset.label + ': ' + short(item.parsed.y) + '%',
        }),
      };
    },
    cost: () => {
      const colours = { useful: 'good', fallback: 'first', retried: 'retry', abandoned: 'other', unusable: 'overloaded' };
      const options = base({
        x: axis({ beginAtZero: true, ticks: { color: ink('soft'), maxRotation: 0, maxTicksLimit: 5, callback: (v) => '$' + short(v) } }),
        y: axis({ grid: { display: false, drawBorder: false }, ticks: { color: ink('ink'), autoSkip: false } }),
      }, { label: (item) => data.cost.shown[item.dataIndex] });
      options.indexAxis = 'y';
      options.plugins.legend.display = false;
      return {
        type: 'bar',
        data: {
          labels: data.cost.causes.map((cause, i) => [cause, data.cost.shown[i]]),
          datasets: [{ label: 'billed', data: data.cost.usd, maxBarThickness: 22, borderRadius: 3,
            backgroundColor: data.cost.causes.map((cause) => ink(colours[cause] || 'first')) }],
        },
        options,
      };
    },
  };

  const redraw = () => {
    while (charts.length) charts.pop().destroy();
    for (const id of Object.keys(draw)) charts.push(new Chart(document.getElementById(id), draw[id]()));
  };
  for (const unit of document.querySelectorAll('[data-unit]')) unit.textContent = bin === 1 ? ', per second' : ', per ' + length(bin);
  redraw();
  dark.addEventListener('change', redraw);
  narrow.addEventListener('change', redraw);
  document.documentElement.dataset.charts = 'drawn';
})();
